import { keepLeast } from "./least.ts";
import type { Shelf } from "./shelves.ts";
import type { Spread } from "./spreads.ts";

/** What two candidates, by position, cost with each other. */
export type PairCost = (i: number, j: number) => number;

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
export function acrossShelves(shelves: readonly Shelf[], pair: PairCost): Across {
  const between = betweenShelves(shelves, pair);
  // Per shelf how many are still to come.
  const missing = new Int32Array(shelves.length);
  let sum = 0;
  const from = (s: number): number => {
    const some = missing[s] ?? 0;
    if (some === 0) return 0;
    let least = 0;
    for (let t = 0; t < missing.length; t++) {
      const others = missing[t] ?? 0;
      if (t !== s && others > 0) least += between(s, some, t, others);
    }
    return least;
  };
  const add = (s: number, more: number): void => {
    sum -= from(s);
    missing[s] = (missing[s] ?? 0) + more;
    sum += from(s);
  };
  return {
    begin: (spread) => {
      missing.set(spread);
      sum = 0;
      for (let s = 0; s < missing.length; s++) sum += from(s) / 2;
    },
    take: (s) => add(s, -1),
    untake: (s) => add(s, 1),
    least: () => sum,
  };
}

/** The least that pairs cost between so many of one shelf and so many of another. */
type Between = (s: number, some: number, t: number, others: number) => number;

/**
 * Each of the `some` pays its pairs with the `others`, which are no less than its cheapest ones, and
 * they are no fewer than the `some` that pay the least so; the same is true seen from the other
 * shelf, and the larger of the two is taken. It is the cost itself where both shelves are taken
 * whole.
 *
 * Worked out when it is first asked about.
 */
function betweenShelves(shelves: readonly Shelf[], pair: PairCost): Between {
  // By the two shelves and the two numbers, of which none is larger than its shelf.
  const known = shelves.map((): (Float64Array | undefined)[] => []);
  return (s, some, t, others) => {
    const a = shelves[s]?.members ?? [];
    const b = shelves[t]?.members ?? [];
    if (a.length === 1 && b.length === 1) return pair(a[0] ?? -1, b[0] ?? -1);
    const row = known[s] ?? [];
    const table = (row[t] ??= new Float64Array((a.length + 1) * (b.length + 1)).fill(-1));
    const at = some * (b.length + 1) + others;
    const before = table[at] ?? -1;
    if (before >= 0) return before;
    const least = Math.max(
      leastOfRows(a, some, b, others, pair),
      leastOfRows(b, others, a, some, (j, i) => pair(i, j)),
    );
    table[at] = least;
    return least;
  };
}

/** The sum over those `some` of `a` of which the cheapest `others` pairs with `b` are least. */
function leastOfRows(
  a: readonly number[],
  some: number,
  b: readonly number[],
  others: number,
  pair: PairCost,
): number {
  const sums = new Float64Array(some).fill(Infinity);
  const cheapest = new Float64Array(others);
  for (const i of a) {
    cheapest.fill(Infinity);
    for (const j of b) keepLeast(cheapest, pair(i, j));
    keepLeast(sums, sumOf(cheapest));
  }
  return sumOf(sums);
}

function sumOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
