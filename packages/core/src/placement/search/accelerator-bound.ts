import type { Space } from "../space/space.ts";
import { acrossShelves } from "./across.ts";
import { keepLeast, sumOf } from "./least.ts";
import { noPairs, type PairCosts, weighted } from "./pair-costs.ts";
import { paidToChosen } from "./paid-to-chosen.ts";
import type { PaidAlone, SetBound } from "./set-bound.ts";
import { type Shelf, shelfOfEach } from "./shelves.ts";

/**
 * What the accelerators of a set add to its cost at least: by transfers between them, and each by
 * what it pays alone.
 *
 * Those that are chosen cost what they cost. One that is still to come from a shelf pays what it
 * pays alone, its pairs with the chosen, which are known for each that it could be, and half of its
 * pairs with the others to come from there, no less than its cheapest in that shelf. All of that
 * depends on which one it is, so the least of these sums are taken, as many as are to come: one
 * that is near to the others and far from a NIC is not counted as near to both. Pairs between two
 * shelves of which both are still to come cost no less than so many can (`across.ts`). A complete
 * set's bound is its cost.
 *
 * A step costs a pass over the candidates, and so does asking; before the first step asking is a
 * lookup for each shelf and each pair of shelves.
 *
 * @param weight of what a pair costs in the mean of all pairs.
 * @param makePairs what any two candidates cost, asked for where there can be a pair.
 */
export function acceleratorBound(
  { request }: Space,
  weight: number,
  shelves: readonly Shelf[],
  makePairs: () => PairCosts,
  alone: PaidAlone,
): SetBound {
  const { count } = request.accelerators;
  const among = (count * (count - 1)) / 2;
  // A single accelerator's part of the cost is what the best costs.
  const fixed = among === 0 ? weight : 0;
  const candidates = shelves.reduce((sum, { members }) => sum + members.length, 0);
  const pairs = among === 0 ? noPairs(candidates) : weighted(makePairs(), weight / among);
  const shelfOf = shelfOfEach(shelves, candidates);
  const paid = paidToChosen(count, pairs, alone.each);
  const across = acrossShelves(shelves, pairs);
  const halvesFrom = halvesWithin(shelves, pairs, count);
  const untouched = leastUntouched(shelves, () => halvesFrom(0), count);
  const missing = new Int32Array(shelves.length);
  let chosen = 0;
  const smallest = new Float64Array(count);
  /** The least that `some` more from a shelf pay: alone, with the chosen, and with each other. */
  const leastOf = (members: readonly number[], some: number, from: number): number => {
    const each = paid.each();
    const halves = halvesFrom(from);
    for (let k = 0; k < some; k++) smallest[k] = Infinity;
    for (let k = members.length - 1; k >= 0; k--) {
      const i = members[k] ?? 0;
      if (i < from) break;
      keepLeast(smallest, (each[i] ?? 0) + (halves[i * count + some - 1] ?? 0), some);
    }
    return sumOf(smallest, some);
  };
  return {
    begin: (spread) => {
      for (let s = 0; s < missing.length; s++) missing[s] = spread[s] ?? 0;
      chosen = 0;
      alone.begin(spread);
      paid.begin();
      across.begin(spread);
    },
    take: (i) => {
      const s = shelfOf[i] ?? 0;
      missing[s] = (missing[s] ?? 0) - 1;
      chosen++;
      paid.take(i);
      across.take(s);
    },
    untake: (i) => {
      const s = shelfOf[i] ?? 0;
      missing[s] = (missing[s] ?? 0) + 1;
      chosen--;
      paid.untake();
      across.untake(s);
    },
    least: (from) => {
      let sum = fixed + paid.among() + across.least();
      const isUntouched = from === 0 && chosen === 0;
      for (let s = 0; s < missing.length; s++) {
        const some = missing[s] ?? 0;
        if (some === 0) continue;
        sum += isUntouched
          ? untouched(s, some) + some * (alone.onShelf[s] ?? 0)
          : leastOf(shelves[s]?.members ?? [], some, from);
      }
      return sum;
    },
  };
}

/**
 * Of a position among the candidates, at i * count + k: half of what candidate i's `k` cheapest pairs
 * cost with those of its own shelf from there on, among which all are that are still to come. Made
 * when it is asked for, and for at most so many positions; between those the one before will do.
 */
function halvesWithin(
  shelves: readonly Shelf[],
  { candidates, of }: PairCosts,
  count: number,
): (from: number) => Float64Array {
  const step = Math.ceil(candidates / tablesMax);
  const tables: (Float64Array | undefined)[] = [];
  const cheapest = new Float64Array(count - 1);
  const make = (from: number): Float64Array => {
    const halves = new Float64Array(candidates * count).fill(Infinity);
    for (const { members } of shelves) {
      for (const i of members) {
        if (i < from) continue;
        cheapest.fill(Infinity);
        for (const j of members) {
          if (j >= from && j !== i) keepLeast(cheapest, of[i * candidates + j] ?? 1);
        }
        let sum = 0;
        halves[i * count] = 0;
        for (let k = 1; k < count; k++) halves[i * count + k] = sum += (cheapest[k - 1] ?? 0) / 2;
      }
    }
    return halves;
  };
  return (from) => {
    const at = Math.floor(from / step);
    return (tables[at] ??= make(at * step));
  };
}

const tablesMax = 16;

/** The least that so many of a shelf pay with each other, while none is chosen; kept. */
function leastUntouched(
  shelves: readonly Shelf[],
  made: () => Float64Array,
  count: number,
): (s: number, some: number) => number {
  const known = new Float64Array(shelves.length * (count + 1)).fill(-1);
  const find = (s: number, some: number): number => {
    // Of one alone there is no pair.
    if (some === 1) return 0;
    const halves = made();
    const smallest = new Float64Array(some).fill(Infinity);
    for (const i of shelves[s]?.members ?? []) {
      keepLeast(smallest, halves[i * count + some - 1] ?? Infinity);
    }
    return sumOf(smallest, some);
  };
  return (s, some) => {
    const at = s * (count + 1) + some;
    const before = known[at] ?? -1;
    return before >= 0 ? before : (known[at] = find(s, some));
  };
}
