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
 * Worked out when it is first asked about.
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
  const leastOfRows = rowSums(shelves, pairs);
  const find = (s: number, some: number, t: number, others: number): number => {
    const a = shelves[s]?.members ?? [];
    const b = shelves[t]?.members ?? [];
    return Math.max(leastOfRows(a, some, b, others), leastOfRows(b, others, a, some));
  };
  return (s, some, t, others) => {
    const at = ((starts[s] ?? 0) + some - 1) * width + (starts[t] ?? 0) + others - 1;
    const before = known[at] ?? -1;
    return before >= 0 ? before : (known[at] = find(s, some, t, others));
  };
}

type LeastOfRows = (
  a: readonly number[],
  some: number,
  b: readonly number[],
  others: number,
) => number;

/** The sum over those `some` of `a` of which the cheapest `others` pairs with `b` are least. */
function rowSums(shelves: readonly Shelf[], { candidates, of }: PairCosts): LeastOfRows {
  const largest = Math.max(0, ...shelves.map(({ members }) => members.length));
  const [sums, cheapest] = [new Float64Array(largest), new Float64Array(largest)];
  return (a, some, b, others) => {
    sums.fill(Infinity, 0, some);
    for (const i of a) {
      cheapest.fill(Infinity, 0, others);
      for (const j of b) keepLeast(cheapest, of[i * candidates + j] ?? 1, others);
      keepLeast(sums, sumOf(cheapest, others), some);
    }
    return sumOf(sums, some);
  };
}

function sumOf(values: Float64Array, length: number): number {
  let sum = 0;
  for (let k = 0; k < length; k++) sum += values[k] ?? 0;
  return sum;
}
