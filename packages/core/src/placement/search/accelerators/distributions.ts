import { at } from "../../../unit/list.ts";
import type { Effort } from "../rank/effort.ts";
import type { ConnectedNodes, NodeCandidates } from "../candidates/node-candidates.ts";

/** How many accelerators a set has from each node. */
export type Distribution = readonly number[];

/** The distributions to enumerate. */
export interface DistributionLimits {
  /** The number of accelerators. */
  readonly count: number;
  /** For each node, the most accelerators that it could carry. */
  readonly most: readonly number[];
  /** For a node, the previous one of its orbit, if there is one. */
  readonly previousNode: ReadonlyMap<number, number>;
  /** Whether two nodes may be used together; null where all may. */
  readonly together: ConnectedNodes | null;
  readonly effort: Effort;
}

/**
 * Visits the distributions over exactly `cells` nodes, until `visit` returns false. The array given
 * to `visit` changes afterwards.
 */
export type VisitDistributions = (
  cells: number,
  visit: (distribution: Distribution) => boolean,
) => void;

/**
 * Enumerates the distributions of accelerators over nodes. Thousands of sets share a distribution,
 * and it alone decides whether their nodes can hold them, and most of what they cost.
 *
 * Nodes are taken in order, the most accelerators first. A beginning is given up when the nodes to
 * come cannot make up what is missing on as many nodes as are left, or when two nodes may not be
 * used together. One distribution of each orbit is enough: a distribution that skips a node and
 * uses a later one of its orbit is the image of one visited before.
 */
export function distributionsOf(
  byNode: readonly NodeCandidates[],
  { count, most: mostOfEach, previousNode, together, effort }: DistributionLimits,
): VisitDistributions {
  const most = mostOfEach.map((some, s) =>
    together !== null && !together(s, s) ? Math.min(some, 1) : some,
  );
  const rooms = roomsFrom(most);
  const previousOf = byNode.map(({ node }) => {
    const previous = previousNode.get(node);
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
      if (missing === 0) return nodes > 0 ? true : visit(counts);
      if (!effort.spend(workPerStep)) return false;
      const left = nodes - 1;
      const isUsable = left >= 0 && mayUse(s);
      // Each of the other nodes needs at least one; the rest must find room on the nodes to come.
      const room = left < 0 ? 0 : rooms(s + 1, left);
      let some = isUsable ? Math.min(at(most, s), missing - left) : 0;
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
 * An upper bound on the accelerators that `nodes` of the nodes from position `from` on can carry:
 * no more than all of them together, and on each node no more than the largest.
 */
function roomsFrom(most: readonly number[]): (from: number, nodes: number) => number {
  const onNodes = [0];
  const largest = [0];
  for (const some of most.toReversed()) {
    onNodes.push(at(onNodes, onNodes.length - 1) + some);
    largest.push(Math.max(at(largest, largest.length - 1), some));
  }
  return (from, nodes) => {
    const left = most.length - from;
    return Math.min(at(onNodes, left), nodes * at(largest, left));
  };
}
