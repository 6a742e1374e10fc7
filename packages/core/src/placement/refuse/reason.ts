import { knownPools } from "../../topology/node-facts.ts";
import type { Request } from "../../request/request.ts";
import { formatBytes } from "../../unit/bytes.ts";
import { plural } from "../../text/amount.ts";
import type { Plan } from "../../plan/plan.ts";
import type { RefusalReason } from "../../plan/refusal.ts";
import type { Space } from "../space/space.ts";

/** A cause of a refusal. `node`, `needs` and `has` are null unless given. */
export function reason(
  cause: Pick<RefusalReason, "code" | "message"> & Partial<RefusalReason>,
): RefusalReason {
  return { node: null, needs: null, has: null, ...cause };
}

/** The refusal of a host that has a VM which the request must be kept away from. */
export function awayReason({ name }: Request, met: readonly Plan[]): RefusalReason {
  const vms = met.map(({ vm }) => vm).join(", ");
  const message = `${name} must be kept away from ${vms}, which ${met.length === 1 ? "is" : "are"} on this host.`;
  return reason({ code: "kept-away", needs: 0, has: met.length, message });
}

/** A shortage of memory: huge pages by number, base pages in bytes. */
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
    return reason({ code: "memory-unknown", node, needs: needs * granuleBytes, message });
  }
  if (request.hugepageBytes === null) {
    const [wanted, left] = [needs * granuleBytes, has * granuleBytes];
    const message = `${formatBytes(wanted)} of memory needed on ${where}, ${formatBytes(left)} free.`;
    return reason({ code: "memory-short", node, needs: wanted, has: left, message });
  }
  const pages = plural(needs, `${formatBytes(granuleBytes)} page`);
  const pools = space.topology.nodes.flatMap(knownPools);
  if (!pools.some((pool) => pool.sizeBytes === granuleBytes && pool.total > 0)) {
    const message = `${needs} ${pages} needed on ${where}, and the host has no pool of that size.`;
    return reason({ code: "hugepages-absent", node, needs, has: 0, message });
  }
  const message = `${needs} ${pages} needed on ${where}, ${has} free.`;
  return reason({ code: "hugepages-short", node, needs, has, message });
}
