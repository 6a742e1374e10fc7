import type { Distances } from "./distance.ts";

/** The spread of a set that is built node by node, and what it comes to at least meanwhile. */
export interface SetSpread {
  /** The node at this place is another: what was worked out from there on holds no longer. */
  readonly change: (place: number) => void;
  /** With the first `length` of these nodes, by position, chosen. */
  readonly least: (chosen: Int32Array, length: number) => number;
}

/**
 * A set's spread is half the sum, over its nodes, of the distances to the others; for a node that
 * sum is at least that of its `count - 1` nearest, and no less than what it has already with the
 * nearest for those that are missing: a bound that is exact wherever near nodes come in equal
 * groups, and for a set that is complete.
 *
 * Each step costs one pass over the chosen nodes. What is asked only after some steps is made up
 * then, so that a search which has nothing to compare with yet pays nothing.
 *
 * @param usable whether a node can be in the set at all.
 */
export function setSpread(
  { between, nearest }: Distances,
  count: number,
  usable: (node: number) => boolean,
): SetSpread {
  const total = nearest.length;
  // near[a * count + k]: the sum of node a's k nearest distances to usable nodes.
  const near = new Float64Array(total * count);
  let leastAlone = Infinity;
  for (const [a, others] of nearest.entries()) {
    if (!usable(a)) continue;
    let k = 0;
    for (let at = 0; k + 1 < count && at < others.length; at++) {
      const b = others[at] ?? 0;
      if (!usable(b)) continue;
      near[a * count + k + 1] = (near[a * count + k] ?? 0) + (between[a * total + b] ?? 0);
      k++;
    }
    if (k + 1 === count) leastAlone = Math.min(leastAlone, near[a * count + k] ?? 0);
  }
  // known[p * count + q]: with places 0 to p chosen, what the node at place q has to the others.
  const known = new Float64Array(count * count);
  let made = 0;
  const make = (chosen: Int32Array, place: number): void => {
    const row = (chosen[place] ?? 0) * total;
    let own = 0;
    for (let q = 0; q < place; q++) {
      const apart = between[row + (chosen[q] ?? 0)] ?? 0;
      known[place * count + q] = (known[(place - 1) * count + q] ?? 0) + apart;
      own += apart;
    }
    known[place * count + place] = own;
  };
  return {
    change: (place) => {
      if (place < made) made = place;
    },
    least: (chosen, length) => {
      for (; made < length; made++) make(chosen, made);
      const missing = count - length;
      let all = missing === 0 ? 0 : missing * leastAlone;
      for (let q = 0; q < length; q++) {
        const row = (chosen[q] ?? 0) * count;
        const sofar = (known[(length - 1) * count + q] ?? 0) + (near[row + missing] ?? 0);
        const alone = near[row + count - 1] ?? 0;
        all += alone > sofar ? alone : sofar;
      }
      return all / 2;
    },
  };
}
