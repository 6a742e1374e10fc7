import { at } from "../../../unit/list.ts";
import { entryAt, matrixOf, rowOf, setEntry } from "../../../unit/matrix.ts";
import { read, write } from "../../../unit/vector.ts";
import type { Distances } from "./distance.ts";

/** The sum of the distances in a set that is built node by node, and what it comes to at least. */
export interface LeastDistanceSum {
  /** The node at this place is another: what was worked out from there on holds no longer. */
  readonly change: (place: number) => void;
  /** With these nodes chosen, by position. */
  readonly least: (chosen: readonly number[]) => number;
}

/**
 * The distance sum of a set is half the sum, over its nodes, of the distances to the others; for a node that
 * sum is at least that of its `count - 1` nearest, and no less than what it has already with the
 * nearest for those that are missing: a bound that is exact wherever near nodes come in equal
 * groups, and for a set that is complete.
 *
 * Each step costs one pass over the chosen nodes. What is asked only after some steps is made up
 * then, so that a search which has nothing to compare with yet pays nothing.
 */
export function leastDistanceSum({ between, nearest }: Distances, count: number): LeastDistanceSum {
  // In row k, of each node the sum of its k nearest distances; no end of it, where there are fewer.
  const near = matrixOf(count, nearest.length, () => 0);
  for (const [a, others] of nearest.entries()) {
    for (let k = 1; k < count; k++) {
      const more = k > others.length ? Infinity : entryAt(between, a, at(others, k - 1));
      setEntry(near, k, a, entryAt(near, k - 1, a) + more);
    }
  }
  const alone = rowOf(near, count - 1);
  const leastAlone = Math.min(...alone);
  // known[p][q]: with places 0 to p chosen, what the node at place q has to the others.
  const known = matrixOf(count, count, () => 0);
  let made = 0;
  const make = (chosen: readonly number[], place: number): void => {
    const apart = rowOf(between, at(chosen, place));
    const before = place === 0 ? apart : rowOf(known, place - 1);
    const row = rowOf(known, place);
    let own = 0;
    for (let q = 0; q < place; q++) {
      const distance = read(apart, at(chosen, q));
      write(row, q, read(before, q) + distance);
      own += distance;
    }
    write(row, place, own);
  };
  return {
    change: (place) => {
      made = Math.min(made, place);
    },
    least: (chosen) => {
      for (; made < chosen.length; made++) make(chosen, made);
      const missing = count - chosen.length;
      const sofar = rowOf(known, chosen.length - 1);
      const toCome = rowOf(near, missing);
      let all = missing === 0 ? 0 : missing * leastAlone;
      for (let q = 0; q < chosen.length; q++) {
        const node = at(chosen, q);
        all += Math.max(read(sofar, q) + read(toCome, node), read(alone, node));
      }
      return all / 2;
    },
  };
}
