import { amountOf } from "../../text/amount.ts";
import { formatBytes } from "../../unit/bytes.ts";
import { sumOf } from "../../unit/sum.ts";
import type { NodeShortage, Straddling, StraddlingCost } from "./straddle.ts";

/** Why no one node holds a request: what the nearest lacks, and what would fit there. */
export function straddleCause({ enough, shortages, room }: Straddling): string {
  if (enough.length > 0) return unconnected(enough);
  if (room === null) return nearestText(shortages);
  const most =
    room.resource === "vcpus" ? amountOf(room.most, "vCPU") : `${formatBytes(room.most)} of memory`;
  return `up to ${most} would fit on one (${nearestText(shortages)})`;
}

/**
 * What straddling costs, in the words of every answer.
 *
 * @param hasRemoteMemory whether some memory is remote, which is never called no slower: where the
 *   model has no price for it, that is said.
 */
export function straddleCostText(
  { shown, hidden }: StraddlingCost,
  hasRemoteMemory = false,
): string {
  if (shown === hidden) {
    return hidden === 1
      ? "the cost model knows no price for that"
      : `predicted to be ${percentText(hidden)} slower`;
  }
  if (shown <= 1 && hasRemoteMemory) {
    return (
      `predicted to be ${percentText(hidden)} slower if the guest does not see its nodes; what remote ` +
      "memory costs if it does, the cost model does not know"
    );
  }
  const seen = shown > 1 ? `${percentText(shown)} slower` : "no slower";
  return `predicted to be ${seen} if the guest sees its nodes, and ${percentText(hidden)} slower if it does not`;
}

function percentText(slowdown: number): string {
  const tenths = Math.round((slowdown - 1) * 1000);
  return tenths === 0 ? "less than 0.1 %" : `${tenths / 10} %`;
}

function unconnected(nodes: readonly number[]): string {
  const which = nodes.length === 1 ? `node ${nodes[0]} has` : `nodes ${nodes.join(", ")} have`;
  return `${which} enough of everything, but not with devices connected as asked`;
}

/** What is counted, one of each; memory is measured. */
const units = {
  cores: "core",
  cpus: "CPU",
  hugepages: "huge page",
  accelerators: "GPU",
  nics: "NIC",
} as const;

/** So much of a resource that a node lacks, of all that is needed. */
function lackText({ resource, needs }: NodeShortage, has: number): string {
  return resource === "memoryBytes"
    ? `${formatBytes(needs - has)} of ${formatBytes(needs)}`
    : `${amountOf(needs - has, units[resource])} of ${needs}`;
}

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
  const known = parts.flatMap((part) => (part.has === null ? [] : lackText(part, part.has)));
  const untold = parts.flatMap(({ resource, has }) => {
    if (has !== null) return [];
    return resource === "memoryBytes" ? "memory" : `${units[resource]}s`;
  });
  const lacks = known.length === 0 ? [] : [`lacks ${known.join(" and ")}`];
  const unknown = untold.length === 0 ? [] : [`has ${untold.join(" and ")} that nobody told`];
  return `node ${node} ${[...lacks, ...unknown].join(" and ")}`;
}
