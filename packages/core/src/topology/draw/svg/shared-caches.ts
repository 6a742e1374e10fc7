import { at } from "../../../unit/list.ts";
import type { Core, MemoryNode, Topology } from "../../topology.ts";
import { packageGroups } from "../package-boxes.ts";

/**
 * Where the frame of a core's L3 is drawn: around the cores of its own node; around the nodes that
 * share it, which all lie in one package; or nowhere as a whole, since they lie in several.
 */
export type CacheFrame = "own" | "around" | "part" | "unknown";

export function cacheFrames(topology: Topology): (core: Core) => CacheFrame {
  const shared = sharedCaches(topology);
  return ({ l3 }) => {
    if (l3 === null) return "unknown";
    const cache = shared.get(l3);
    return cache === undefined ? "own" : cache.oneGroup ? "around" : "part";
  };
}

interface SharedCache {
  readonly nodes: readonly number[];
  /** Whether its nodes are drawn in the box of one package. */
  readonly oneGroup: boolean;
}

/** The L3 caches of several nodes, by their numbers. */
function sharedCaches(topology: Topology): ReadonlyMap<number, SharedCache> {
  const groupOf = new Map(
    packageGroups(topology).flatMap(({ nodes }, i) => nodes.map(({ id }) => [id, i])),
  );
  const nodesOf = new Map<number, Set<number>>();
  for (const { l3, node } of topology.cores) {
    if (l3 !== null && node !== null) nodesOf.set(l3, (nodesOf.get(l3) ?? new Set()).add(node));
  }
  return new Map(
    [...nodesOf].flatMap(([l3, nodes]) => {
      if (nodes.size < 2) return [];
      const groups = new Set([...nodes].map((node) => groupOf.get(node)));
      return [[l3, { nodes: [...nodes], oneGroup: groups.size === 1 }] as const];
    }),
  );
}

/** Neighbors in a package's box that share an L3, with it; or a node alone, without. */
export interface CacheCluster {
  readonly nodes: readonly MemoryNode[];
  readonly caches: readonly number[];
}

/** A package's nodes, those that share an L3 together, in the order of the first of each. */
export function cacheClusters(
  topology: Topology,
  nodes: readonly MemoryNode[],
): readonly CacheCluster[] {
  const clusters = nodes.map((node) => ({ nodes: [node], caches: new Set<number>() }));
  const clusterOf = new Map(nodes.map(({ id }, i) => [id, at(clusters, i)]));
  for (const [l3, { nodes: sharers, oneGroup }] of sharedCaches(topology)) {
    const members = new Set(sharers.flatMap((id) => clusterOf.get(id) ?? []));
    const [first, ...others] = [...members].toSorted(
      (a, b) => clusters.indexOf(a) - clusters.indexOf(b),
    );
    if (!oneGroup || first === undefined) continue;
    first.caches.add(l3);
    for (const other of others) {
      first.nodes.push(...other.nodes);
      for (const cache of other.caches) first.caches.add(cache);
      for (const { id } of other.nodes) clusterOf.set(id, first);
      other.nodes.length = 0;
    }
  }
  return clusters
    .filter((cluster) => cluster.nodes.length > 0)
    .map((cluster) => ({
      nodes: cluster.nodes.toSorted((a, b) => a.id - b.id),
      caches: [...cluster.caches].toSorted((a, b) => a - b),
    }));
}
