import type { Effort } from "./effort.ts";

/**
 * The `count` NICs with which the accelerators' network path costs least, among such those that
 * take the fewest other devices along, among such the first in their order. Null if there are too few.
 *
 * The cost of a set is, summed, what each accelerator pays to its cheapest NIC and each NIC to its
 * cheapest accelerator. Sets are built in order. A beginning is given up when not even all
 * remaining NICs together could make it better than the best found: every accelerator may then use
 * the cheapest NIC it could still get, and the missing NICs are the cheapest left. A set that
 * reaches the bound of the empty beginning and takes nothing along ends the search; so does an
 * effort that is used up, with the best found until then.
 *
 * @param cost cost[i][j] between accelerator i and NIC j; no rows where there are no accelerators.
 * @param extra how many devices a set takes along.
 */
export function chooseNics<Nic>(
  nics: readonly Nic[],
  count: number,
  cost: readonly (readonly number[])[],
  extra: (chosen: readonly Nic[]) => number,
  effort: Effort,
): readonly Nic[] | null {
  if (nics.length < count) return null;
  if (count === 0) return [];
  const bound = costBound(nics.length, count, cost);
  const work = nics.length * (cost.length + 1);
  const lowest = bound([], 0);
  const chosen: number[] = [];
  let best: Choice<Nic> = { cost: Infinity, extra: Infinity, nics: [] };
  const extend = (from: number): void => {
    if (chosen.length === count) {
      const set = chosen.flatMap((j) => nics[j] ?? []);
      const found = { cost: bound(chosen, nics.length), extra: extra(set), nics: set };
      if (isBetter(found, best)) best = found;
      return;
    }
    for (let j = from; j <= nics.length - (count - chosen.length); j++) {
      if (!isBetter({ cost: lowest, extra: 0 }, best)) return;
      if (!effort.spend(work) && best.nics.length > 0) return;
      chosen.push(j);
      if (isBetter({ cost: bound(chosen, j + 1), extra: 0 }, best)) extend(j + 1);
      chosen.pop();
    }
  };
  extend(0);
  return best.nics;
}

interface Judged {
  readonly cost: number;
  readonly extra: number;
}

interface Choice<Nic> extends Judged {
  readonly nics: readonly Nic[];
}

function isBetter(a: Judged, b: Judged): boolean {
  return Math.abs(a.cost - b.cost) < 1e-9 ? a.extra < b.extra : a.cost < b.cost;
}

/** What any `count` of the NICs cost at least: the bound of a set of which nothing is chosen yet. */
export function leastNicCost(
  nics: number,
  count: number,
  cost: readonly (readonly number[])[],
): number {
  return costBound(nics, count, cost)([], 0);
}

/** What a set costs at least that begins with `chosen` and goes on with NICs from `from`. */
function costBound(
  total: number,
  count: number,
  cost: readonly (readonly number[])[],
): (chosen: readonly number[], from: number) => number {
  const ownCost = Array.from({ length: total }, (_, j) => leastOf(cost, j));
  // The NICs by their own cost, so that the cheapest left are found in one pass.
  const byCost = ownCost.map((_, j) => j).toSorted((a, b) => (ownCost[a] ?? 1) - (ownCost[b] ?? 1));
  return (chosen, from) => {
    if (cost.length === 0) return 0;
    const missing = count - chosen.length;
    let sum = 0;
    for (const j of chosen) sum += ownCost[j] ?? 1;
    let open = missing;
    for (const j of byCost) {
      if (open === 0) break;
      if (j < from) continue;
      sum += ownCost[j] ?? 1;
      open--;
    }
    for (const row of cost) {
      let least = Infinity;
      for (const j of chosen) least = Math.min(least, row[j] ?? 1);
      if (missing > 0) for (let j = from; j < total; j++) least = Math.min(least, row[j] ?? 1);
      sum += least;
    }
    return sum;
  };
}

function leastOf(cost: readonly (readonly number[])[], j: number): number {
  let least = Infinity;
  for (const row of cost) least = Math.min(least, row[j] ?? 1);
  return least;
}
