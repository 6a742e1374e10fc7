import type { FlavorFit } from "./flavor-fit.ts";
import { straddleCause, straddleCostText } from "../straddle/describe-straddle.ts";

/** A fit in words: the nodes, what one node lacks, what that costs, and how many VMs fit. */
export function describeFit(fit: FlavorFit): string {
  const { name, nodes, onOneNode, cost } = fit;
  if (onOneNode === null) {
    const facts = fit.untold.map(({ message }) => message).join(" ");
    return `Not enough is known to say whether ${name} fits on one node. ${facts}`;
  }
  if (onOneNode) return `${name} fits on one node; ${countText(fit)}.`;
  const why = straddleCause(fit);
  if (cost === null) return `${name} does not fit on this machine: ${why}.`;
  const where = nodes === null ? "straddles nodes" : `straddles ${nodes} nodes`;
  return `${name} ${where}: ${why}; ${straddleCostText(cost)}; ${countText(fit)}.`;
}

function countText({ count, countIsBound, locality }: FlavorFit): string {
  if (count === 0) return `none fits as asked, under locality ${locality}`;
  const many = `${countIsBound ? "at least " : ""}${count}`;
  return `${many} ${count === 1 ? "fits" : "fit"} on the empty machine`;
}
