import type { MemoryNode, Topology } from "../topology/topology.ts";
import { at } from "../unit/list.ts";

/**
 * The distance between two nodes as a class and a rank within the class, which are the same on all
 * machines of one model, whatever numbers their firmware chose.
 *
 * SLIT distances are no latencies: 12 is 1.1 times the local latency and 21 is 1.6 to 1.75 times
 * where Intel MLC was run on both. So only their order counts here. The class comes from the
 * packages where both are known. Where one is not, a distance below 16 counts as within the
 * package: sub-NUMA clusters and NPS modes give 11 to 15, other sockets 20 and more.
 */
export type DistanceClass = "local" | "same-package" | "remote" | "memory-only" | "unknown";

export interface NodeDistance {
  /** `memory-only` where either node has no CPUs, `unknown` where the topology does not say. */
  readonly class: DistanceClass;
  /**
   * The position of the distance among all of its class on the machine, from 0; null without
   * distances.
   */
  readonly rank: number | null;
  /** The SLIT distance itself; null without distances. */
  readonly slit: number | null;
}

/** The distance from one node to another, by their ids; unknown for a node that does not exist. */
export type NodeDistanceOf = (from: number, to: number) => NodeDistance;

const withinPackageBelow = 16;

/** Classes and ranks all ordered pairs of nodes once; O(n² log n) in the number of nodes. */
export function nodeDistances(topology: Topology): NodeDistanceOf {
  const { nodes, distances } = topology;
  const values = new Map<DistanceClass, Set<number>>();
  const pairs = nodes.map((from, row) =>
    nodes.map((to, column) => {
      const slit = distances === null ? null : at(at(distances, row), column);
      const kind = classOf(from, to, slit);
      const ofClass = values.get(kind) ?? new Set();
      if (slit !== null) values.set(kind, ofClass.add(slit));
      return { class: kind, slit };
    }),
  );
  const ranks = new Map(
    [...values].map(([kind, slits]) => {
      const ascending = [...slits].toSorted((a, b) => a - b);
      return [kind, new Map(ascending.map((slit, rank) => [slit, rank]))] as const;
    }),
  );
  const table = pairs.map((row) =>
    row.map(({ class: kind, slit }): NodeDistance => {
      return {
        class: kind,
        slit,
        rank: slit === null ? null : (ranks.get(kind)?.get(slit) ?? null),
      };
    }),
  );
  const position = new Map(nodes.map((node, index) => [node.id, index]));
  return (from, to) => {
    const row = position.get(from);
    const column = position.get(to);
    return row === undefined || column === undefined ? unknownDistance : at(at(table, row), column);
  };
}

const unknownDistance: NodeDistance = { class: "unknown", rank: null, slit: null };

function classOf(from: MemoryNode, to: MemoryNode, slit: number | null): DistanceClass {
  if (from.id === to.id) return "local";
  if (from.cpus === "" || to.cpus === "") return "memory-only";
  if (from.package !== null && to.package !== null) {
    return from.package === to.package ? "same-package" : "remote";
  }
  if (slit === null) return "unknown";
  return slit < withinPackageBelow ? "same-package" : "remote";
}
