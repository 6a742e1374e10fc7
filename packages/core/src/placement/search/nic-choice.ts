/**
 * The `count` NICs with which the accelerators' network path costs least, among such those that
 * take the fewest other devices along, among such the first in their order. Null if there are too few.
 *
 * The cost of a set is, summed, what each accelerator pays to its cheapest NIC and each NIC to its
 * cheapest accelerator. Sets are built in order. A beginning is given up when not even all
 * remaining NICs together could make it better than the best found: every accelerator may then use
 * the cheapest NIC it could still get, and the missing NICs are the cheapest left. A set that
 * reaches the bound of the empty beginning and takes nothing along ends the search.
 *
 * @param cost cost[i][j] between accelerator i and NIC j; no rows where there are no accelerators.
 * @param extra how many devices a set takes along.
 */
export function chooseNics<Nic>(
  nics: readonly Nic[],
  count: number,
  cost: readonly (readonly number[])[],
  extra: (chosen: readonly Nic[]) => number,
): readonly Nic[] | null {
  if (nics.length < count) return null;
  if (count === 0) return [];
  const bound = costBound(nics.length, count, cost);
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

/** What a set costs at least that begins with `chosen` and goes on with NICs from `from`. */
function costBound(
  total: number,
  count: number,
  cost: readonly (readonly number[])[],
): (chosen: readonly number[], from: number) => number {
  const positions = Array.from({ length: total }, (_, j) => j);
  const ownCost = positions.map((j) => Math.min(...cost.map((row) => row[j] ?? 1)));
  return (chosen, from) => {
    if (cost.length === 0) return 0;
    const left = chosen.length === count ? [] : positions.slice(from);
    const cheapestLeft = left.map((j) => ownCost[j] ?? 1).toSorted((a, b) => a - b);
    const missing = cheapestLeft.slice(0, count - chosen.length);
    const reachable = [...chosen, ...left];
    const ofAccelerators = cost.map((row) => Math.min(...reachable.map((j) => row[j] ?? 1)));
    return sum([...ofAccelerators, ...chosen.map((j) => ownCost[j] ?? 1), ...missing]);
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
