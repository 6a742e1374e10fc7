import { at } from "../../../unit/list.ts";
import type { Effort } from "../rank/effort.ts";
import type { ConnectedNodes, NodeCandidates } from "../candidates/node-candidates.ts";

/** How many accelerators a set has from each node. */
export type Distribution = readonly number[];

/** Which distributions to look at. */
export interface DistributionLimits {
  /** Of how many accelerators. */
  readonly count: number;
  /** Per node, how many its node could carry. */
  readonly most: readonly number[];
  /** For a node that an earlier one can change places with: that earlier node. */
  readonly previousNode: ReadonlyMap<number, number>;
  /** Which two nodes may be used together; null where all may. */
  readonly together: ConnectedNodes | null;
  readonly effort: Effort;
}

/** Over how many nodes exactly, and what to do with each; the array that is shown changes later. */
export type VisitDistributions = (
  cells: number,
  visit: (distribution: Distribution) => boolean,
) => void;

/**
 * Shows to `visit` every way in which a set of accelerators can lie on nodes, so many on each:
 * thousands of sets lie alike, and whether their nodes can hold them, and most of what they cost,
 * depends on nothing else. Ends when `visit` says false.
 *
 * Nodes are gone through in order and the most is tried first. A beginning is given up when the
 * nodes to come cannot make up what is missing on as many nodes as are left, or when two nodes
 * may not be used together. A distribution that leaves a node out and uses one that it can change places with has been shown before, by their
 * swap. Accelerators of unknown node add no node, unless there are no others: then their
 * cell may be anywhere.
 */
export function distributionsOf(
  byNode: readonly NodeCandidates[],
  { count, most: mostOfEach, previousNode, together, effort }: DistributionLimits,
): VisitDistributions {
  const most = mostOfEach.map((some, s) =>
    together !== null && !together(s, s) ? Math.min(some, 1) : some,
  );
  const rooms = roomsFrom(byNode, most);
  const previousOf = byNode.map(({ node }) => {
    const previous = node === null ? undefined : previousNode.get(node);
    return previous === undefined ? null : byNode.findIndex((entry) => entry.node === previous);
  });
  const counts = byNode.map(() => 0);
  const mayUse = (s: number): boolean => {
    const previous = at(previousOf, s);
    if (previous !== null && at(counts, previous) === 0) return false;
    if (together === null) return true;
    return counts.every((some, t) => t >= s || some === 0 || together(t, s));
  };
  return (cells, visit) => {
    const extend = (s: number, missing: number, nodes: number): boolean => {
      if (missing === 0) {
        const isAnywhere =
          cells === 1 && byNode.every(({ node }, i) => node === null || at(counts, i) === 0);
        return nodes > 0 && !isAnywhere ? true : visit(counts);
      }
      if (!effort.spend(workPerStep)) return false;
      const isNode = at(byNode, s).node !== null;
      const left = isNode ? nodes - 1 : nodes;
      // Each of the other nodes needs one at least.
      const others = isNode ? left : cells === 1 ? 0 : nodes;
      const isUsable = left >= 0 && mayUse(s);
      // What is left must find room on the nodes to come.
      const room = left < 0 ? 0 : rooms(s + 1, left);
      let some = isUsable ? Math.min(at(most, s), missing - others) : 0;
      for (; some > 0 && missing - some <= room; some--) {
        counts[s] = some;
        if (!extend(s + 1, missing - some, left)) return false;
      }
      counts[s] = 0;
      return missing > rooms(s + 1, nodes) || extend(s + 1, missing, nodes);
    };
    counts.fill(0);
    if (count <= rooms(0, cells)) extend(0, count, cells);
  };
}

/** In units of effort. */
const workPerStep = 4;

/**
 * What nodes from one on can hold over so many nodes at the most: no more than all of them, and on
 * each node no more than the largest.
 */
function roomsFrom(
  byNode: readonly NodeCandidates[],
  most: readonly number[],
): (from: number, nodes: number) => number {
  const onNodes = [0];
  const largest = [0];
  const unknown = [0];
  for (let s = byNode.length - 1; s >= 0; s--) {
    const isNode = at(byNode, s).node !== null;
    const some = at(most, s);
    onNodes.push(at(onNodes, onNodes.length - 1) + (isNode ? some : 0));
    largest.push(Math.max(at(largest, largest.length - 1), isNode ? some : 0));
    unknown.push(at(unknown, unknown.length - 1) + (isNode ? 0 : some));
  }
  return (from, nodes) => {
    const left = byNode.length - from;
    return Math.min(at(onNodes, left), nodes * at(largest, left)) + at(unknown, left);
  };
}
