import { keepLeast } from "./least.ts";
import type { PairCosts } from "./pair-costs.ts";
import type { Shelf } from "./shelves.ts";
import type { Spread } from "./spreads.ts";

/** The least that pairs between shelves cost, of which both are still to come to a set. */
export interface Across {
  /** All of a set of this spread is to come. */
  readonly begin: (spread: Spread) => void;
  /** One fewer from this shelf is. */
  readonly take: (shelf: number) => void;
  readonly untake: (shelf: number) => void;
  readonly least: () => number;
}

/**
 * The sum over pairs of shelves, kept up to date while a set is put together: a step changes what
 * one shelf has with each of the others, which is looked up.
 */
export function acrossShelves(shelves: readonly Shelf[], pairs: PairCosts): Across {
  const between = betweenShelves(shelves, pairs);
  // Per shelf how many are still to come.
  const missing = new Int32Array(shelves.length);
  let sum = 0;
  /** With those of the first `end` shelves. */
  const from = (s: number, end: number): number => {
    const some = missing[s] ?? 0;
    if (some === 0) return 0;
    let least = 0;
    for (let t = 0; t < end; t++) {
      const others = missing[t] ?? 0;
      if (others > 0 && t !== s) least += between(s, some, t, others);
    }
    return least;
  };
  const add = (s: number, more: number): void => {
    sum -= from(s, missing.length);
    missing[s] = (missing[s] ?? 0) + more;
    sum += from(s, missing.length);
  };
  return {
    begin: (spread) => {
      for (let s = 0; s < missing.length; s++) missing[s] = spread[s] ?? 0;
      sum = 0;
      for (let s = 1; s < missing.length; s++) sum += from(s, s);
    },
    take: (s) => add(s, -1),
    untake: (s) => add(s, 1),
    least: () => sum,
  };
}

/** The least that pairs cost between so many of one shelf and so many of another, none of them 0. */
type Between = (s: number, some: number, t: number, others: number) => number;

/**
 * Each of the `some` pays its pairs with the `others`, which are no less than its cheapest ones, and
 * they are no fewer than the `some` that pay the least so; the same is true seen from the other
 * shelf, and the larger of the two is taken. It is the cost itself where both shelves are taken
 * whole.
 *
 * Worked out for all numbers of two shelves when these are first asked about.
 */
function betweenShelves(shelves: readonly Shelf[], pairs: PairCosts): Between {
  // A row and a column for each number that a shelf can have: those of shelf s begin at starts[s].
  const starts = new Int32Array(shelves.length);
  let width = 0;
  for (const [s, { members }] of shelves.entries()) {
    starts[s] = width;
    width += members.length;
  }
  const known = new Float64Array(width * width).fill(-1);
  const find = (s: number, t: number): void => {
    const a = shelves[s]?.members ?? [];
    const b = shelves[t]?.members ?? [];
    const [ofA, ofB] = [leastOfRows(a, b, pairs), leastOfRows(b, a, pairs)];
    for (let some = 0; some < a.length; some++) {
      for (let others = 0; others < b.length; others++) {
        const least = Math.max(
          ofA[some * b.length + others] ?? 0,
          ofB[others * a.length + some] ?? 0,
        );
        const [row, column] = [(starts[s] ?? 0) + some, (starts[t] ?? 0) + others];
        known[row * width + column] = least;
        known[column * width + row] = least;
      }
    }
  };
  return (s, some, t, others) => {
    const at = ((starts[s] ?? 0) + some - 1) * width + (starts[t] ?? 0) + others - 1;
    if (known[at] === -1) find(s, t);
    return known[at] ?? 0;
  };
}

/**
 * At (some - 1) * columns + others - 1: the sum over those `some` of `a` of which the cheapest
 * `others` pairs with `b` are least.
 */
function leastOfRows(
  a: readonly number[],
  b: readonly number[],
  { candidates, of }: PairCosts,
): Float64Array {
  const [rows, columns] = [a.length, b.length];
  const least = new Float64Array(Math.max(rows, columns));
  // Of each of `a` its cheapest pairs: one, two together, three.
  const cheapest = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    const row = (a[i] ?? 0) * candidates;
    least.fill(Infinity);
    for (let j = 0; j < columns; j++) keepLeast(least, of[row + (b[j] ?? 0)] ?? 1, j + 1);
    let sum = 0;
    for (let k = 0; k < columns; k++) cheapest[i * columns + k] = sum += least[k] ?? 0;
  }
  const sums = new Float64Array(rows * columns);
  for (let k = 0; k < columns; k++) {
    least.fill(Infinity);
    for (let i = 0; i < rows; i++) keepLeast(least, cheapest[i * columns + k] ?? 0, i + 1);
    let sum = 0;
    for (let i = 0; i < rows; i++) sums[i * columns + k] = sum += least[i] ?? 0;
  }
  return sums;
}
