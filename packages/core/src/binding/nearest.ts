import { distancesOf } from "../topology/distances-of.ts";
import { knownCpus } from "../topology/node-facts.ts";
import type { MemoryNode, Topology } from "../topology/topology.ts";
import { has, type IndexSet, indexSet, intersection, isEmpty, unionAll } from "../set/index-set.ts";
import { allKnown } from "../unit/list.ts";

/** The nodes that serve a home best. */
export interface Nearest {
  /**
   * One or several at the same distance, ascending; empty where there is none, or none is known.
   */
  readonly nodes: readonly number[];
  /** Why none is known; null where these are right. */
  readonly unknown: string | null;
}

/**
 * The node itself if it is suitable, otherwise all suitable ones at the least distance from it. A
 * single suitable node is the nearest whatever the distances.
 */
export function nearest(
  topology: Topology,
  home: number,
  suitable: readonly MemoryNode[],
): Nearest {
  const ids = suitable.map(({ id }) => id);
  if (ids.includes(home) || ids.length < 2) {
    return { nodes: ids.includes(home) ? [home] : ids, unknown: null };
  }
  const distance = distancesOf(topology);
  const distances = allKnown(ids.map((id) => distance(home, id)));
  if (distances === null) {
    return { nodes: [], unknown: `the distances from node ${home} are unknown` };
  }
  const least = Math.min(...distances);
  return { nodes: ids.filter((_, place) => distances[place] === least), unknown: null };
}

/** All that a machine is known to have, for a command that nothing keeps within a part of it. */
export function allOfMachine({ nodes }: Topology): {
  readonly allowedCpus: IndexSet;
  readonly allowedNodes: IndexSet;
} {
  return {
    allowedCpus: unionAll(nodes.map(knownCpus)),
    allowedNodes: indexSet(nodes.map(({ id }) => id)),
  };
}

/** The nodes that have some of these CPUs. */
export function nodesWithCpus({ nodes }: Topology, cpus: IndexSet): readonly MemoryNode[] {
  return nodes.filter((node) => !isEmpty(intersection(knownCpus(node), cpus)));
}

/**
 * The nodes of which a program may have memory. A GPU's own memory is none for programs, though the
 * kernel shows it as a node on some machines (Grace Hopper, Grace Blackwell).
 */
export function nodesWithMemory({ nodes }: Topology, allowed: IndexSet): readonly MemoryNode[] {
  return nodes.filter(
    ({ id, memoryBytes, kind }) => memoryBytes !== 0 && kind !== "gpu" && has(allowed, id),
  );
}
