import type { Device } from "../inventory/devices.ts";
import type { Space } from "../space/space.ts";
import { acrossShelves, type PairCost } from "./across.ts";
import { keepLeast, prefixSums } from "./least.ts";
import { paidToChosen } from "./paid-to-chosen.ts";
import { constantBound, type SetBound } from "./set-bound.ts";
import { type Shelf, shelfOfEach } from "./shelves.ts";

/**
 * What transfers between the accelerators of a set add to its cost at least.
 *
 * Pairs of two that are chosen cost what they cost. One that is still to come from a shelf pays its
 * pairs with the chosen, which are known for each that it could be, and half of its pairs with the
 * others to come from there, no less than its cheapest in that shelf; the least of these sums are
 * taken, as many as are to come. Pairs between two shelves of which both are still to come cost no
 * less than so many can (`across.ts`). A complete set's bound is its cost.
 *
 * A step costs a pass over the candidates, and so does asking.
 */
export function peerBound(
  { request, inventory }: Space,
  weight: number,
  candidates: readonly Device[],
  shelves: readonly Shelf[],
): SetBound {
  const { count } = request.accelerators;
  const pairs = (count * (count - 1)) / 2;
  if (pairs === 0) return constantBound(weight);
  const all = inventory.relations.peers(request.workload);
  const at = candidates.map(({ position }) => position);
  const pair: PairCost = (i, j) => all[at[i] ?? -1]?.[at[j] ?? -1] ?? 1;
  const shelfOf = shelfOfEach(shelves, candidates.length);
  const paid = paidToChosen(count, at, (i) => all[at[i] ?? -1]);
  const across = acrossShelves(shelves, pair);
  const within = cheapestWithin(shelves, shelfOf, pair);
  const missing = new Int32Array(shelves.length);
  const smallest = new Float64Array(count);
  /** The least that `some` more from a shelf pay: with the chosen, and with each other. */
  const leastOf = ({ members }: Shelf, some: number, from: number): number => {
    const each = paid.each();
    smallest.fill(Infinity, 0, some);
    for (const i of members) {
      if (i >= from) keepLeast(smallest, (each[i] ?? 0) + within(i, some - 1) / 2, some);
    }
    let least = 0;
    for (let k = 0; k < some; k++) least += smallest[k] ?? 0;
    return least;
  };
  return {
    begin: (spread) => {
      missing.set(spread);
      paid.begin();
      across.begin(spread);
    },
    take: (i) => {
      const s = shelfOf[i] ?? 0;
      missing[s] = (missing[s] ?? 0) - 1;
      paid.take(i);
      across.take(s);
    },
    untake: (i) => {
      const s = shelfOf[i] ?? 0;
      missing[s] = (missing[s] ?? 0) + 1;
      paid.untake();
      across.untake(s);
    },
    least: (from) => {
      let sum = paid.among() + across.least();
      for (const [s, shelf] of shelves.entries()) {
        const some = missing[s] ?? 0;
        if (some > 0) sum += leastOf(shelf, some, from);
      }
      return (weight * sum) / pairs;
    },
  };
}

/** What a candidate's so many cheapest pairs on its own shelf cost together. */
function cheapestWithin(
  shelves: readonly Shelf[],
  shelfOf: Int32Array,
  pair: PairCost,
): (candidate: number, some: number) => number {
  // Of each candidate that is asked about.
  const sums: (readonly number[] | undefined)[] = Array.from(shelfOf, () => undefined);
  return (i, some) => {
    if (some === 0) return 0;
    const own = shelves[shelfOf[i] ?? -1]?.members ?? [];
    const row = (sums[i] ??= prefixSums(own.filter((j) => j !== i).map((j) => pair(i, j))));
    return row[some] ?? 0;
  };
}
