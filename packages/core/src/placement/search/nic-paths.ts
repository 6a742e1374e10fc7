import type { Device } from "../inventory/devices.ts";
import type { Space } from "../space/space.ts";
import type { PaidAlone, SetBound } from "./set-bound.ts";
import type { Shelf } from "./shelves.ts";
import type { Spread } from "./spreads.ts";

/** What accelerators and NICs cost each other. */
export interface NicPaths {
  readonly shelves: readonly Shelf[];
  /** The shelf of each candidate, by position. */
  readonly shelfOf: Int32Array;
  /** cost[i][j] between candidate i and NIC j. */
  readonly cost: readonly (readonly number[])[];
  /** The shelf on whose node each NIC is; -1 where that has none. */
  readonly shelfOfNic: Int32Array;
  /** onShelf[s][j]: what NIC j costs the accelerator of a shelf that it costs least. */
  readonly onShelf: readonly (readonly number[])[];
  /** Whether each NIC is on offer to the spread that is looked at; it changes with that. */
  readonly offered: Uint8Array;
}

/**
 * What each accelerator pays to its own cheapest NIC. Each spread costs a pass over pairs of its
 * shelves, and one over its candidates and shelves when each is asked for; where the same NICs are
 * on offer to all, nothing.
 *
 * @param weight of one path.
 */
export function toNearestNics(
  { shelves, shelfOfNic, cost }: NicPaths,
  weight: number,
  offersDiffer: boolean,
): PaidAlone {
  const total = shelves.length;
  const each = new Float64Array(cost.length);
  const onShelf = new Float64Array(total);
  if (!offersDiffer) {
    for (const [i, row] of cost.entries()) each[i] = weight * Math.min(...row);
    for (const [s, { members }] of shelves.entries()) {
      onShelf[s] = Math.min(...members.map((i) => each[i] ?? 0));
    }
    return { begin: () => {}, onShelf, each: () => each };
  }
  // To the cheapest NIC on shelf t, of candidate i at i * shelves + t, of any on shelf s likewise.
  const nearest = new Float64Array(cost.length * total).fill(Infinity);
  const nearestOfAny = new Float64Array(total * total).fill(Infinity);
  for (const [s, { members }] of shelves.entries()) {
    for (const i of members) {
      const row = cost[i] ?? [];
      for (let j = 0; j < row.length; j++) {
        const t = shelfOfNic[j] ?? -1;
        if (t < 0) continue;
        const pays = weight * (row[j] ?? 1);
        nearest[i * total + t] = Math.min(nearest[i * total + t] ?? 0, pays);
        nearestOfAny[s * total + t] = Math.min(nearestOfAny[s * total + t] ?? 0, pays);
      }
    }
  }
  let begun: Spread = [];
  let isPriced = false;
  const leastOf = (table: Float64Array, row: number): number => {
    let least = Infinity;
    for (let t = 0; t < total; t++) {
      if (begun[t] !== 0) least = Math.min(least, table[row * total + t] ?? 0);
    }
    return least;
  };
  return {
    begin: (spread) => {
      begun = spread;
      isPriced = false;
      for (let s = 0; s < total; s++) if (spread[s] !== 0) onShelf[s] = leastOf(nearestOfAny, s);
    },
    onShelf,
    each: () => {
      if (!isPriced) {
        for (const [s, { members }] of shelves.entries()) {
          if (begun[s] !== 0) for (const i of members) each[i] = leastOf(nearest, i);
        }
        isPriced = true;
      }
      return each;
    },
  };
}

/**
 * How much more than to the nearest NIC of each accelerators pay at least to one that is for all of
 * them, whichever it is: each NIC by itself, as the chosen pay to it, and as many more of each shelf
 * as are to come, no less than the one there to which it is nearest. A step costs a pass over NICs,
 * each spread one over shelves and NICs.
 */
export function toOneNic(paths: NicPaths, count: number): SetBound {
  const { shelves, shelfOf, cost, offered } = paths;
  const nics = offered.length;
  // Of candidate i and NIC j at i * nics + j, of shelf s and NIC j at s * nics + j.
  const detour = new Float64Array(cost.length * nics);
  const onShelf = new Float64Array(shelves.length * nics).fill(Infinity);
  for (const [i, row] of cost.entries()) {
    const nearest = Math.min(...row);
    const s = shelfOf[i] ?? 0;
    for (let j = 0; j < nics; j++) {
      const more = (row[j] ?? 1) - nearest;
      detour[i * nics + j] = more;
      onShelf[s * nics + j] = Math.min(onShelf[s * nics + j] ?? 0, more);
    }
  }
  // Per number of chosen: what a set pays to each NIC at least, and to the best of them.
  const sums = new Float64Array((count + 1) * nics);
  const least = new Float64Array(count + 1);
  let chosen = 0;
  return {
    begin: (spread) => {
      chosen = 0;
      let best = Infinity;
      for (let j = 0; j < nics; j++) {
        let sum = offered[j] === 0 ? Infinity : 0;
        for (let s = 0; s < shelves.length; s++) {
          const some = spread[s] ?? 0;
          if (some > 0) sum += some * (onShelf[s * nics + j] ?? 0);
        }
        sums[j] = sum;
        if (sum < best) best = sum;
      }
      least[0] = best;
    },
    take: (i) => {
      const s = shelfOf[i] ?? 0;
      const [before, after] = [chosen * nics, (chosen + 1) * nics];
      let best = Infinity;
      for (let j = 0; j < nics; j++) {
        const more = (detour[i * nics + j] ?? 0) - (onShelf[s * nics + j] ?? 0);
        const sum = (sums[before + j] ?? 0) + more;
        sums[after + j] = sum;
        if (sum < best) best = sum;
      }
      chosen++;
      least[chosen] = best;
    },
    untake: () => void chosen--,
    least: () => least[chosen] ?? 0,
  };
}

/** What accelerators and NICs cost each other: a row for each accelerator. */
export function networkCosts(
  { inventory }: Space,
  accelerators: readonly Device[],
  nics: readonly Device[],
): readonly (readonly number[])[] {
  const table = inventory.relations.network();
  return accelerators.map((a) => nics.map((nic) => table[a.position]?.[nic.position] ?? 1));
}
