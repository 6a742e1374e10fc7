import type { Device } from "../inventory/devices.ts";
import type { Space } from "../space/space.ts";
import type { SetBound } from "./set-bound.ts";
import type { Shelf } from "./shelves.ts";
import type { Spread } from "./spreads.ts";

/** What accelerators and NICs cost each other. */
export interface NicPaths {
  readonly shelves: readonly Shelf[];
  /** The shelf of each candidate, by position. */
  readonly shelfOf: Int32Array;
  /** cost[i][j] between candidate i and NIC j. */
  readonly cost: readonly (readonly number[])[];
  /** onShelf[s][j]: what NIC j costs the accelerator of a shelf that it costs least. */
  readonly onShelf: readonly (readonly number[])[];
  /** Whether each NIC is on offer to the spread that is looked at; it changes with that. */
  readonly offered: Uint8Array;
}

/**
 * What the accelerators of a set pay at least, each to its own cheapest NIC. One that is still to
 * come pays as little as any on its shelf. A step and asking cost next to nothing; each spread a
 * pass over candidates and NICs, or all of them together where the same NICs are on offer to all.
 */
export function toNearestNics(paths: NicPaths, count: number, offersDiffer: boolean): SetBound {
  const { shelves, shelfOf, cost, offered } = paths;
  const own = new Float64Array(cost.length);
  const onShelf = new Float64Array(shelves.length);
  const price = (): void => {
    onShelf.fill(Infinity);
    for (const [i, row] of cost.entries()) {
      let least = Infinity;
      for (let j = 0; j < offered.length; j++) {
        if (offered[j] === 1) least = Math.min(least, row[j] ?? 1);
      }
      own[i] = least;
      const s = shelfOf[i] ?? 0;
      onShelf[s] = Math.min(onShelf[s] ?? 0, least);
    }
  };
  if (!offersDiffer) price();
  const { missing, begin, take, untake } = counting(paths);
  // What the chosen pay, per number of them.
  const known = new Float64Array(count + 1);
  let chosen = 0;
  return {
    begin: (spread) => {
      begin(spread);
      chosen = 0;
      if (offersDiffer) price();
    },
    take: (i) => {
      known[chosen + 1] = (known[chosen] ?? 0) + (own[i] ?? 0);
      chosen++;
      take(i);
    },
    untake: (i) => {
      chosen--;
      untake(i);
    },
    least: () => {
      let sum = known[chosen] ?? 0;
      for (let s = 0; s < missing.length; s++) {
        const some = missing[s] ?? 0;
        if (some > 0) sum += some * (onShelf[s] ?? 0);
      }
      return sum;
    },
  };
}

/**
 * What they pay at least to one NIC that is for all of them, whichever it is: each NIC by itself, as
 * the chosen pay to it, and as many more of each shelf as are to come, no less than the one there to
 * which it is nearest. A step costs a pass over NICs, asking one over shelves and NICs.
 */
export function toOneNic(paths: NicPaths, count: number): SetBound {
  const { cost, onShelf, offered } = paths;
  const nics = offered.length;
  const { missing, begin, take, untake } = counting(paths);
  // What the chosen pay, per number of them and NIC.
  const known = new Float64Array((count + 1) * nics);
  let chosen = 0;
  return {
    begin: (spread) => {
      begin(spread);
      chosen = 0;
    },
    take: (i) => {
      const row = cost[i];
      for (let j = 0; j < nics; j++) {
        known[(chosen + 1) * nics + j] = (known[chosen * nics + j] ?? 0) + (row?.[j] ?? 1);
      }
      chosen++;
      take(i);
    },
    untake: (i) => {
      chosen--;
      untake(i);
    },
    least: () => {
      let least = Infinity;
      for (let j = 0; j < nics; j++) {
        if (offered[j] === 0) continue;
        let sum = known[chosen * nics + j] ?? 0;
        for (let s = 0; s < missing.length; s++) sum += (missing[s] ?? 0) * (onShelf[s]?.[j] ?? 1);
        least = Math.min(least, sum);
      }
      return least;
    },
  };
}

interface Counting extends Omit<SetBound, "least"> {
  /** Per shelf how many are still to come. */
  readonly missing: Int32Array;
}

function counting({ shelves, shelfOf }: NicPaths): Counting {
  const missing = new Int32Array(shelves.length);
  const add = (i: number, more: number): void => {
    const s = shelfOf[i] ?? 0;
    missing[s] = (missing[s] ?? 0) + more;
  };
  return {
    missing,
    begin: (spread: Spread) => missing.set(spread),
    take: (i) => add(i, -1),
    untake: (i) => add(i, 1),
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
