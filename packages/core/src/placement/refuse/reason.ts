import type { Request } from "../../request/request.ts";
import { formatBytes } from "../../unit/bytes.ts";
import { plural } from "../../text/amount.ts";
import type { Plan } from "../../plan/plan.ts";
import type { RefusalCode, RefusalReason } from "../../plan/refusal.ts";
import type { Space } from "../space/space.ts";

export function reason(
  code: RefusalCode,
  node: number | null,
  needs: number | null,
  has: number | null,
  message: string,
): RefusalReason {
  return { code, node, needs, has, message };
}

/** That a host is out of the question for the company that the request would have there. */
export function awayReason({ name }: Request, met: readonly Plan[]): RefusalReason {
  const vms = met.map(({ vm }) => vm).join(", ");
  const message = `${name} is to be kept away from ${vms}, which ${met.length === 1 ? "is" : "are"} on this host.`;
  return reason("kept-away", null, 0, met.length, message);
}

/** A shortage of memory in what it is sold in: huge pages by number, base pages in bytes. */
export function memoryReason(
  space: Space,
  node: number | null,
  needs: number,
  has: number | null,
): RefusalReason {
  const { request, granuleBytes } = space;
  const where = node === null ? "the host" : `node ${node}`;
  if (has === null) {
    const message = `The memory of ${where} is unknown, so none of it can be sold.`;
    return reason("memory-unknown", node, needs * granuleBytes, null, message);
  }
  if (request.hugepageBytes === null) {
    const [wanted, left] = [needs * granuleBytes, has * granuleBytes];
    const message = `${formatBytes(wanted)} of memory needed on ${where}, ${formatBytes(left)} free.`;
    return reason("memory-short", node, wanted, left, message);
  }
  const pages = plural(needs, `${formatBytes(granuleBytes)} page`);
  const pools = space.topology.nodes.flatMap((entry) => entry.hugepages);
  if (!pools.some((pool) => pool.sizeBytes === granuleBytes && pool.total > 0)) {
    const message = `${needs} ${pages} needed on ${where}, and the host has set none of that size apart.`;
    return reason("hugepages-absent", node, needs, 0, message);
  }
  return reason(
    "hugepages-short",
    node,
    needs,
    has,
    `${needs} ${pages} needed on ${where}, ${has} free.`,
  );
}
