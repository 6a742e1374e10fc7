import type { Plan } from "@evenkeel/core/placement/plan.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import { indices } from "@evenkeel/core/set/index-set.ts";
import { setOf } from "@evenkeel/core/set/list-format.ts";
import type { Core, Topology } from "@evenkeel/core/topology/topology.ts";
import { soldThreads } from "../offer.ts";

/** How cells of one size lie below caches; null where cores, memory or devices are not with their cell. */
export function shapeOf(
  topology: Topology,
  plan: Plan,
): ReadonlyMap<string, readonly number[]> | null {
  const coreOf = new Map(
    topology.cores.flatMap((core) => indices(setOf(core.cpus)).map((cpu) => [cpu, core] as const)),
  );
  const shape = new Map<string, readonly number[]>();
  for (const { hostNode, memoryOnNodes, pageBytes, vcpus, memoryBytes } of plan.cells) {
    if (memoryOnNodes.some(({ node }) => node !== hostNode)) return null;
    const own = new Set(vcpus.flatMap((v) => ("cpu" in v ? (coreOf.get(v.cpu) ?? []) : [])));
    if ([...own].some(({ node }) => node !== hostNode)) return null;
    const pools = vcpus.flatMap((v) => ("cpus" in v ? [v.cpus] : []));
    const nodesOf = (pool: string): readonly (number | null | undefined)[] =>
      indices(setOf(pool)).map((cpu) => coreOf.get(cpu)?.node);
    if (new Set(pools).values().some((pool) => nodesOf(pool).some((node) => node !== hostNode))) {
      return null;
    }
    const caches = [...Map.groupBy(own, ({ l3 }) => l3).values()].map((cores) => cores.length);
    const granules = memoryBytes / Math.max(pageBytes, 2 ** 21);
    const size = `${own.size + pools.length} ${granules}`;
    const descending = caches.toSorted((a, b) => b - a);
    const before = shape.get(size);
    if (before !== undefined && before.join() !== descending.join()) return null;
    shape.set(size, descending);
  }
  const nodes = new Set(plan.cells.map(({ hostNode }) => hostNode));
  return plan.devices.every(({ node }) => node !== null && nodes.has(node)) ? shape : null;
}

/** Where a core is cut, or a cache unknown, it matters which: told only where there is no choice. */
export function tellsCaches({ cores }: Topology, { vcpus, isolation }: Request): boolean {
  if (isolation === "shared") return true;
  if (cores.some(({ l3 }) => l3 === null)) return false;
  if (vcpus % soldThreads(cores) === 0) return true;
  return [...cachesByNode(cores).values()].every((caches) => caches.length === 1);
}

/**
 * Whether cores lie below as few caches as any choice could have them: all but the last part are
 * whole ones of the largest. Then every host that has such caches left gives them; where parts are
 * scattered, one that could do better does, and its VM is another ware, although it need not be.
 */
export function isGathered(
  { cores }: Topology,
  shape: ReadonlyMap<string, readonly number[]>,
): boolean {
  const largest = Math.max(0, ...[...cachesByNode(soldCores(cores)).values()].flat().map(size));
  return [...shape.values()].every((parts) => parts.slice(0, -1).every((part) => part === largest));
}

const size = (cache: readonly Core[]): number => cache.length;

/** Those that are not narrower than cores are sold. */
export function soldCores(cores: readonly Core[]): readonly Core[] {
  const width = soldThreads(cores);
  return cores.filter((core) => indices(setOf(core.cpus)).length >= width);
}

/** The cores below each cache of each node. */
export function cachesByNode(cores: readonly Core[]): ReadonlyMap<number, readonly Core[][]> {
  const byNode = Map.groupBy(cores, (core) => core.node ?? -1);
  return new Map(
    [...byNode].map(([node, own]) => [node, [...Map.groupBy(own, ({ l3 }) => l3).values()]]),
  );
}
