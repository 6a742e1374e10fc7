import { amountOf } from "../../text/amount.ts";
import { formatBytes } from "../../unit/bytes.ts";
import type { FlavorFit, NodeShortage } from "./flavor-fit.ts";
import { sumOf } from "../../unit/sum.ts";

/** A fit in words: the nodes, what one node lacks, what that costs, and how many VMs fit. */
export function describeFit(fit: FlavorFit): string {
  const { name, nodes, onOneNode, cost } = fit;
  if (onOneNode === null) {
    const facts = fit.untold.map(({ message }) => message).join(" ");
    return `Not enough is known to say whether ${name} fits on one node. ${facts}`;
  }
  if (onOneNode) return `${name} fits on one node; ${countText(fit)}.`;
  const why = fit.enough.length > 0 ? unconnected(fit.enough) : nearestText(fit.shortages);
  if (cost === null) return `${name} does not fit on this machine: ${why}.`;
  const where = nodes === null ? "has to stray to other nodes" : `straddles ${nodes} nodes`;
  return `${name} ${where}: ${why}; ${slowdownText(cost)}; ${countText(fit)}.`;
}

function countText({ count, countIsBound, locality }: FlavorFit): string {
  if (count === 0) return `none fits as asked, under locality ${locality}`;
  const many = `${countIsBound ? "at least " : ""}${count}`;
  return `${many} ${count === 1 ? "fits" : "fit"} on the empty machine`;
}

function slowdownText({ shown, hidden }: NonNullable<FlavorFit["cost"]>): string {
  const percent = (slowdown: number): string => `${Math.round((slowdown - 1) * 1000) / 10} %`;
  if (shown === hidden) return `predicted to be ${percent(shown)} slower`;
  const seen = shown > 1 ? `${percent(shown)} slower` : "no slower";
  return `predicted to be ${seen} if the guest sees its nodes, and ${percent(hidden)} slower if it does not`;
}

function unconnected(nodes: readonly number[]): string {
  const which = nodes.length === 1 ? `node ${nodes[0]} has` : `nodes ${nodes.join(", ")} have`;
  return `${which} enough of everything, but not with devices connected as asked`;
}

const units = {
  cores: "core",
  cpus: "CPU",
  hugepages: "huge page",
  memoryBytes: "of memory",
  accelerators: "GPU",
  nics: "NIC",
} as const;

const words = {
  cores: "cores",
  cpus: "CPUs",
  hugepages: "huge pages",
  memoryBytes: "memory",
  accelerators: "GPUs",
  nics: "NICs",
} as const;

/** The fraction of a need that a node lacks; of what is unknown, all. */
function missingPart({ needs, has }: NodeShortage): number {
  return has === null ? 1 : (needs - has) / needs;
}

/** What the nearest node lacks: the one with the least sum of missing fractions. */
function nearestText(shortages: readonly NodeShortage[]): string {
  const byNode = Map.groupBy(shortages, ({ node }) => node);
  const missing = (parts: readonly NodeShortage[]): number => sumOf(parts, missingPart);
  const [nearest] = [...byNode].toSorted(([, a], [, b]) => missing(a) - missing(b));
  if (nearest === undefined) return "it has no node with CPUs";
  const [node, parts] = nearest;
  const known = parts.flatMap(({ resource, needs, has }) => {
    if (has === null) return [];
    const unit = units[resource];
    const lack =
      resource === "memoryBytes" ? formatBytes(needs - has) : amountOf(needs - has, unit);
    return [`${lack} of ${resource === "memoryBytes" ? formatBytes(needs) : needs}`];
  });
  const untold = parts.flatMap(({ resource, has }) => (has === null ? words[resource] : []));
  const lacks = known.length === 0 ? [] : [`lacks ${known.join(" and ")}`];
  const unknown = untold.length === 0 ? [] : [`has ${untold.join(" and ")} that nobody told`];
  return `node ${node} ${[...lacks, ...unknown].join(" and ")}`;
}
