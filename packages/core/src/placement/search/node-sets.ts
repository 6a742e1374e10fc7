import { greatestRest } from "./best-rest.ts";
import type { Distances } from "./distance.ts";
import type { Effort } from "./effort.ts";
import { lastForPlace } from "./equal-cells.ts";
import type { PlaceCost } from "./place-cost.ts";
import { setSpread } from "./set-spread.ts";

/** Which sets of nodes there are to look at. Nodes are known by their positions. */
export interface NodeSets {
  readonly count: number;
  /** Of each node the first place in a set at which it could be; `count` where it never could. */
  readonly firstPlace: Int32Array;
  /** Of each node the one before it that it could change places with; -1 where there is none. */
  readonly twin: Int32Array;
  readonly needs: readonly NodeNeed[];
  /** What the nodes' memory costs; null where that does not depend on which they are. */
  readonly cost: PlaceCost | null;
  readonly distances: () => Distances;
}

/** What a set must have in all. */
export interface NodeNeed {
  readonly total: number;
  readonly has: Float64Array;
}

/** Which of them could still matter. */
export interface NodeSetsOpen {
  /** Whether any set at all could, so that there is no need to bound it. */
  readonly unbounded: () => boolean;
  /** Whether one of at least this cost of memory and spread could. */
  readonly open: (memory: number, spread: number) => boolean;
}

/**
 * Shows to `visit` the sets of nodes that could hold a request that has no accelerators to follow,
 * in the order of their positions, and of sets that differ by interchangeable nodes the first
 * alone; with each set its spread, or 0 as long as there is nothing to hold it against.
 *
 * A set is extended in ascending order and its beginning given up when its last places could not be
 * filled, when not even the best of the nodes to come make up what is needed, or when the memory of
 * the cheapest of them and the distances to the nearest are too much already. A node added costs a
 * pass over those chosen, for the spread, and some look-ups, all in tables that are made once for
 * all sets of one size.
 *
 * Once the effort is used up no decision is taken back: what has been begun is followed to its end,
 * which is a set where the rest is forced or nothing can be short, and then no other is looked at.
 */
export function visitNodeSets(
  sets: NodeSets,
  { unbounded, open }: NodeSetsOpen,
  effort: Effort,
  visit: (set: Int32Array, spread: number) => void,
): void {
  const { count, firstPlace, twin, cost } = sets;
  const last = lastForPlace(firstPlace, count);
  if ((last[0] ?? -1) < 0) return;
  const nodes = firstPlace.length;
  const chosen = new Int32Array(count);
  const isChosen = new Uint8Array(nodes);
  const needs = sets.needs.map((need) => sufficiency(need, count));
  // memory[p]: what the nodes at the places before p cost.
  const memory = new Float64Array(count + 1);
  let spreads: ReturnType<typeof setSpread> | null = null;
  const spreadOf = (length: number): number => {
    if (count === 1) return 0;
    effort.spend(2 * length);
    spreads ??= setSpread(sets.distances(), count, (node) => (firstPlace[node] ?? count) < count);
    return spreads.least(chosen, length);
  };
  const matters = (place: number, node: number): boolean => {
    if (!needs.every((suffices) => suffices(place, node))) return false;
    if (unbounded()) return true;
    const least = cost === null ? 1 : (memory[place + 1] ?? 0) + cost.rest(place + 1, node + 1);
    return open(least, spreadOf(place + 1));
  };
  const extend = (place: number, from: number): boolean => {
    if (place === count) {
      visit(chosen, unbounded() ? 0 : spreadOf(count));
      return effort.sufficed();
    }
    const until = last[place] ?? -1;
    for (let node = from; node <= until; node++) {
      if ((firstPlace[node] ?? 0) > place) continue;
      const before = twin[node] ?? -1;
      if (before >= 0 && isChosen[before] === 0) continue;
      effort.spend(workPerNode);
      chosen[place] = node;
      isChosen[node] = 1;
      spreads?.change(place);
      if (cost !== null) memory[place + 1] = (memory[place] ?? 0) + cost.at(place, node);
      if (matters(place, node) && !extend(place + 1, node + 1)) return false;
      isChosen[node] = 0;
    }
    return effort.sufficed();
  };
  extend(0, 0);
}

/** In units of effort, beside what the spread takes. */
const workPerNode = 8;

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
  const sums = new Float64Array(count + 1);
  return (place, node) => {
    const sum = (sums[place] ?? 0) + (has[node] ?? 0);
    sums[place + 1] = sum;
    return sum + (rest[(node + 1) * (count + 1) + count - place - 1] ?? 0) >= total;
  };
}
