import { at } from "../../../unit/list.ts";
import type { Vector } from "../../../unit/vector.ts";
import type { PreviousInOrbit } from "../rank/previous-in-orbit.ts";
import type { Effort } from "../rank/effort.ts";
import {
  canSuffice,
  type Distances,
  leastDistanceSum,
  leastTogether,
  type NodeNeed,
} from "./node-set-bounds.ts";

/** The sets of nodes to search. Nodes are known by their positions. */
export interface NodeSets {
  /** How many nodes a set has, and how many there are to choose from. */
  readonly count: number;
  readonly nodes: number;
  /** For each node the previous one of its orbit; null where there is none. */
  readonly previous: PreviousInOrbit;
  readonly needs: readonly NodeNeed[];
  /**
   * A lower bound on what each node's memory adds to the cost; null where all sets cost the same.
   */
  readonly leastMemory: Vector | null;
  readonly distances: () => Distances;
}

/** Which sets could still matter. */
export interface NodeSetsFilter {
  /** Whether any set could matter, so that there is no need to bound it. */
  readonly unbounded: () => boolean;
  /** Whether a set with at least this sum of distances could matter, and this memory cost. */
  readonly couldMatter: (nodeDistanceSum: number, memory: number | null) => boolean;
}

/**
 * Branch and bound over the sets of nodes that could hold a request without accelerators. Shows
 * them to `visit` in lexicographic order; of the sets that symmetries exchange only the first.
 *
 * A set is extended in ascending order. Its beginning is given up when even the best of the nodes
 * to come cannot make up what is needed, or when a lower bound on the memory cost or on the sum of
 * distances is already too much (`node-set-bounds.ts`). On 24 nodes in a mesh these bounds leave
 * some hundred thousand of the 1.3 million sets of nine, and cut the time with interleaved memory
 * to a thousandth. Adding a node costs a pass over the chosen ones for the sum of distances, and
 * some look-ups in tables that are made once for all sets of one size.
 *
 * Once the effort is used up, the search completes the next set that could matter, shows it to
 * `visit`, and ends.
 */
export function visitNodeSets(
  sets: NodeSets,
  { unbounded, couldMatter }: NodeSetsFilter,
  effort: Effort,
  visit: (set: readonly number[]) => void,
): void {
  const { count, nodes, previous, leastMemory } = sets;
  const chosen: number[] = [];
  const needs = sets.needs.map((need) => canSuffice(need, count));
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
    return unbounded() || couldMatter(distanceSum(), least);
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

/** In units of effort, without the sum of distances. */
const workPerNode = 8;
