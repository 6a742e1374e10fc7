import type { FreeDevice } from "../space/devices.ts";

/**
 * The `count` NICs with which the accelerators' network path costs least; among equal ones the
 * first in order of addresses. Null when there are too few.
 *
 * The cost of a set is, summed, what each accelerator pays to its cheapest NIC and each NIC to its
 * cheapest accelerator. Sets are built in ascending order. A beginning is given up when not
 * even all remaining NICs together could make it cheaper than the best found: every accelerator
 * may then use the cheapest NIC it could still get, and the missing NICs are the cheapest left.
 *
 * @param cost cost[i][j] between accelerator i and NIC j.
 */
export function chooseNics(
  nics: readonly FreeDevice[],
  count: number,
  cost: readonly (readonly number[])[],
): readonly FreeDevice[] | null {
  if (nics.length < count) return null;
  if (count === 0) return [];
  const ownCost = nics.map((_, j) => Math.min(...cost.map((row) => row[j] ?? 1)));
  const bound = (chosen: readonly number[], from: number): number => {
    const left = nics.map((_, j) => j).slice(from);
    const reachable = [...chosen, ...left];
    const ofAccelerators = cost.map((row) => Math.min(...reachable.map((j) => row[j] ?? 1)));
    const cheapest = left.map((j) => ownCost[j] ?? 1).toSorted((a, b) => a - b);
    const ofNics = [
      ...chosen.map((j) => ownCost[j] ?? 1),
      ...cheapest.slice(0, count - chosen.length),
    ];
    return sum(ofAccelerators) + sum(ofNics);
  };
  const lowest = bound([], 0);
  let best: { readonly cost: number; readonly chosen: readonly number[] } = {
    cost: Infinity,
    chosen: [],
  };
  const chosen: number[] = [];
  const extend = (from: number): void => {
    if (chosen.length === count) {
      best = { cost: bound(chosen, nics.length), chosen: [...chosen] };
      return;
    }
    for (let j = from; j <= nics.length - (count - chosen.length); j++) {
      if (best.cost <= lowest + EPSILON) return;
      chosen.push(j);
      if (bound(chosen, j + 1) < best.cost - EPSILON) extend(j + 1);
      chosen.pop();
    }
  };
  extend(0);
  return best.chosen.flatMap((j) => nics[j] ?? []);
}

const EPSILON = 1e-9;

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
