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
 * What each accelerator pays to its own cheapest NIC. Each spread costs a pass over its candidates
 * and its shelves, or all of them together one over candidates and NICs where the same NICs are on
 * offer to all.
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
    return { begin: () => {}, each, onShelf };
  }
  // Of candidate i the cheapest NIC on shelf s, at i * shelves + s.
  const nearest = new Float64Array(cost.length * total).fill(Infinity);
  for (const [i, row] of cost.entries()) {
    for (let j = 0; j < row.length; j++) {
      const at = i * total + (shelfOfNic[j] ?? -1);
      if (shelfOfNic[j] !== -1) nearest[at] = Math.min(nearest[at] ?? 0, weight * (row[j] ?? 1));
    }
  }
  const begin = (spread: Spread): void => {
    for (let s = 0; s < total; s++) {
      if (spread[s] === 0) continue;
      let leastOfAll = Infinity;
      for (const i of shelves[s]?.members ?? []) {
        let least = Infinity;
        for (let t = 0; t < total; t++) {
          if (spread[t] !== 0) least = Math.min(least, nearest[i * total + t] ?? 0);
        }
        each[i] = least;
        leastOfAll = Math.min(leastOfAll, least);
      }
      onShelf[s] = leastOfAll;
    }
  };
  return { begin, each, onShelf };
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
