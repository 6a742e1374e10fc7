import { at } from "../../../unit/list.ts";
import { entryAt } from "../../../unit/matrix.ts";
import { read, type Vector, vectorOf, write } from "../../../unit/vector.ts";
import type { PreviousInOrbit } from "../rank/previous-in-orbit.ts";
import { greatestRest } from "./best-rest.ts";
import type { Distances } from "./distance.ts";
import type { Effort } from "../rank/effort.ts";
import { leastDistanceSum } from "./node-set-bounds.ts";

/** Which sets of nodes there are to look at. Nodes are known by their positions. */
export interface NodeSets {
  /** Of so many nodes, of all those that there are. */
  readonly count: number;
  readonly nodes: number;
  /** Of each node the one before it that it could change places with; null where there is none. */
  readonly previous: PreviousInOrbit;
  readonly needs: readonly NodeNeed[];
  /** What each node's memory adds to the cost at least; null where it is the same for all sets. */
  readonly leastMemory: Vector | null;
  readonly distances: () => Distances;
}

/** What a set must have in all. */
export interface NodeNeed {
  readonly total: number;
  readonly has: Vector;
}

/** Which of them could still matter. */
export interface NodeSetsFilter {
  /** Whether any set at all could, so that there is no need to bound it. */
  readonly unbounded: () => boolean;
  /** Whether one could of at least this sum of distances, and this cost of memory where that differs. */
  readonly open: (nodeDistanceSum: number, memory: number | null) => boolean;
}

/**
 * Shows to `visit` the sets of nodes that could hold a request that has no accelerators to follow,
 * in the order of their positions, and of sets that differ by interchangeable nodes the first
 * alone.
 *
 * A set is extended in ascending order and its beginning given up when not even the best of the
 * nodes to come make up what is needed, or when the memory of the cheapest of them, or the distances
 * to the nearest, are too much already. These bounds pay on 24 nodes in a mesh: of sets of nine they
 * leave some hundred thousand of 1.3 million, and of interleaved memory a thousandth of the time. A
 * node added costs a pass over those chosen, for the sum of distances, and some look-ups in tables that are
 * made once for all sets of one size.
 *
 * Once the effort is used up no decision is taken back: what has been begun is followed to its end,
 * which is a set where the rest is forced or nothing can be short, and then no other is looked at.
 */
export function visitNodeSets(
  sets: NodeSets,
  { unbounded, open }: NodeSetsFilter,
  effort: Effort,
  visit: (set: readonly number[]) => void,
): void {
  const { count, nodes, previous, leastMemory } = sets;
  const chosen: number[] = [];
  const needs = sets.needs.map((need) => sufficiency(need, count));
  let sums: ReturnType<typeof leastDistanceSum> | null = null;
  const distanceSum = (): number => {
    if (count === 1) return 0;
    effort.spend(2 * chosen.length);
    sums ??= leastDistanceSum(sets.distances(), count);
    return sums.least(chosen);
  };
  const memory = leastMemory === null ? null : leastTogether(leastMemory, count);
  const matters = (place: number, node: number): boolean => {
    if (!needs.every((suffices) => suffices(place, node))) return false;
    const least = memory === null ? null : memory(place, node);
    return unbounded() || open(distanceSum(), least);
  };
  const extend = (from: number): boolean => {
    const place = chosen.length;
    if (place === count) {
      visit(chosen);
      return effort.sufficed();
    }
    for (let node = from; node <= nodes - count + place; node++) {
      const before = at(previous, node);
      if (before !== null && !chosen.includes(before)) continue;
      effort.spend(workPerNode);
      chosen.push(node);
      if (sums !== null) sums.change(place);
      const goesOn = !matters(place, node) || extend(node + 1);
      chosen.pop();
      if (!goesOn) return false;
    }
    return effort.sufficed();
  };
  extend(0);
}

/** In units of effort, beside what the sum of distances takes. */
const workPerNode = 8;

/**
 * What a set comes to at least that has this node at this place, and at earlier places what was
 * asked about last: with the least of what is still to come.
 */
function leastTogether(least: Vector, count: number): (place: number, node: number) => number {
  const rest = greatestRest(
    least.map((some) => -some),
    count,
  );
  // sums[p]: what the nodes at the places before p come to.
  const sums = vectorOf(count + 1);
  return (place, node) => {
    const sum = read(sums, place) + read(least, node);
    write(sums, place + 1, sum);
    return sum - entryAt(rest, node + 1, count - place - 1);
  };
}

/**
 * Whether a set that has this node at this place, and at earlier places what was asked about last,
 * has enough together with the best that is still to come.
 */
function sufficiency(
  { total, has }: NodeNeed,
  count: number,
): (place: number, node: number) => boolean {
  const rest = greatestRest(has, count);
  // sums[p]: what the nodes at the places before p have.
  const sums = vectorOf(count + 1);
  return (place, node) => {
    const sum = read(sums, place) + read(has, node);
    write(sums, place + 1, sum);
    return sum + entryAt(rest, node + 1, count - place - 1) >= total;
  };
}
