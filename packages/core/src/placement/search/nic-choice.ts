import type { Device } from "../inventory/devices.ts";
import type { Inventory } from "../inventory/inventory.ts";
import type { Alongside } from "./alongside.ts";
import type { Effort } from "./effort.ts";
import { greatestRest } from "./best-rest.ts";
import { keepLeast, sumOf } from "./least.ts";

/** NICs to choose from. */
export interface NicTask {
  /** In the order of preference among equal ones. */
  readonly nics: readonly Device[];
  readonly count: number;
  /** cost[i][j] between accelerator i and NIC j; no rows where there are no accelerators. */
  readonly cost: readonly (readonly number[])[];
  /** Begun with these NICs, and with the accelerators chosen. */
  readonly along: Alongside;
  readonly effort: Effort;
}

/** What a choice of NICs comes to, or could at best: its cost summed over paths. */
export type NicsOpen = (cost: number, extra: number) => boolean;

export interface NicChoice {
  readonly nics: readonly Device[];
  readonly cost: number;
  /** How many devices come along, accelerators' companions included. */
  readonly extra: number;
}

/**
 * The NICs with which the accelerators' network path costs least, among such those that take the
 * fewest other devices along, among such the first in their order. Null if there are too few, or if
 * none is `open`.
 */
export function chooseNics(task: NicTask, open: NicsOpen = () => true): NicChoice | null {
  let best: NicChoice | null = null;
  const couldBeBest: NicsOpen = (cost, extra) =>
    (best === null || isBetter({ cost, extra }, best)) && open(cost, extra);
  visitNicSets(
    task,
    () => sameToAccelerators(task),
    couldBeBest,
    (choice) => {
      best = choice;
    },
  );
  return best;
}

/** Every choice that is as good as the best, one of each that nobody could tell apart. */
export function visitEqualNics(
  task: NicTask,
  alikeBefore: () => readonly number[],
  open: NicsOpen,
  visit: (choice: NicChoice) => void,
): void {
  const best = chooseNics(task, open);
  if (best === null) return;
  const asGood: NicsOpen = (cost, extra) => !isBetter(best, { cost, extra });
  visitNicSets(task, alikeBefore, asGood, visit);
}

/**
 * Shows every set of `count` NICs that is `open` to `visit`, in order, and of sets that differ by
 * NICs that are alike the first alone.
 *
 * The cost of a set is, summed, what each accelerator pays to its cheapest NIC and each NIC to its
 * cheapest accelerator. A beginning is given up when not even all remaining NICs together could make
 * it open: every accelerator may then use the cheapest NIC it could still get, and the missing NICs
 * are the cheapest left. Once the beginning that has nothing is no longer open, nothing is; nor is
 * anything more looked for when the effort is used up and something has been shown.
 *
 * @param alikeBefore of each NIC the one before it that will do as well; -1 if there is none. Asked
 *   for where anything is open at all.
 */
export function visitNicSets(
  { nics, count, cost, along, effort }: NicTask,
  alikeBefore: () => readonly number[],
  open: NicsOpen,
  visit: (choice: NicChoice) => void,
): void {
  if (nics.length < count) return;
  effort.spend(250 + 5 * nics.length * (1 + cost.length));
  const own = ownCosts(nics.length, cost);
  const [leastCost, leastExtra] = [leastOfAny(own, count, cost), along.least(count)];
  if (!open(leastCost, leastExtra)) return;
  const bounds = costBounds(own, count, cost);
  const alike = alikeBefore();
  const work = 2 * (cost.length + 8);
  const chosen: number[] = [];
  let isShown = false;
  const isOver = (): boolean => !open(leastCost, leastExtra) || (!effort.spend(work) && isShown);
  const finish = (): void => {
    const [total, extra] = [bounds.least(count, nics.length), along.least(0)];
    if (!open(total, extra)) return;
    isShown = true;
    visit({ nics: chosen.flatMap((j) => nics[j] ?? []), cost: total, extra });
  };
  const extend = (from: number): void => {
    const missing = count - chosen.length;
    if (missing === 0) {
      finish();
      return;
    }
    if (!open(bounds.least(chosen.length, from), along.least(missing))) return;
    let j = from;
    for (; j <= nics.length - missing && !isOver(); j++) {
      const nic = nics[j];
      if (nic === undefined) break;
      const before = alike[j] ?? -1;
      if (before < 0 || chosen.includes(before)) {
        bounds.take(chosen.length, j);
        chosen.push(j);
        along.takeNic(nic);
        extend(j + 1);
        along.untakeNic(nic);
        chosen.pop();
      }
      along.passNic(nic);
    }
    for (let k = from; k < j; k++) withNic(nics, k, along.unpassNic);
  };
  extend(0);
}

type Judged = Pick<NicChoice, "cost" | "extra">;

function isBetter(a: Judged, b: Judged): boolean {
  return Math.abs(a.cost - b.cost) < 1e-9 ? a.extra < b.extra : a.cost < b.cost;
}

function withNic(nics: readonly Device[], j: number, act: (nic: Device) => void): void {
  const nic = nics[j];
  if (nic !== undefined) act(nic);
}

/** Alike to these accelerators: it costs each the same, and is in a group by itself. */
function sameToAccelerators({ nics, cost }: NicTask): readonly number[] {
  return nics.map((nic, j) => {
    if (nic.soldCompanions.length > 0) return -1;
    for (let k = j - 1; k >= 0; k--) {
      const isAlone = nics[k]?.soldCompanions.length === 0;
      if (isAlone && cost.every((row) => row[j] === row[k])) return k;
    }
    return -1;
  });
}

/** Alike to everybody: they can change places on the machine (`inventory/symmetry.ts`). */
export function sameToAll({ symmetry }: Inventory, nics: readonly Device[]): readonly number[] {
  const latest = new Map<number, number>();
  return nics.map(({ position }, j) => {
    const kind = symmetry.nicClass[position] ?? -1;
    const before = latest.get(kind) ?? -1;
    latest.set(kind, j);
    return before;
  });
}

/** What each NIC pays itself: to its cheapest accelerator. */
function ownCosts(total: number, cost: NicTask["cost"]): Float64Array {
  const own = new Float64Array(total).fill(cost.length === 0 ? 0 : Infinity);
  for (const row of cost) {
    for (let j = 0; j < total; j++) own[j] = Math.min(own[j] ?? 0, row[j] ?? 1);
  }
  return own;
}

/** What no set costs less than: all use their cheapest, and the NICs are those that pay least. */
function leastOfAny(own: Float64Array, count: number, cost: NicTask["cost"]): number {
  const cheapest = new Float64Array(count).fill(Infinity);
  for (let j = 0; j < own.length; j++) keepLeast(cheapest, own[j] ?? 0);
  let sum = sumOf(cheapest, count);
  for (const row of cost) {
    let least = Infinity;
    for (let j = 0; j < own.length; j++) least = Math.min(least, row[j] ?? 1);
    sum += least;
  }
  return sum;
}

interface CostBounds {
  /** Takes a NIC as the one at this place of the set; what was at later places is forgotten. */
  readonly take: (place: number, j: number) => void;
  /** What a set costs at least of which so many are chosen, with the others from `from` on. */
  readonly least: (taken: number, from: number) => number;
}

function costBounds(own: Float64Array, count: number, cost: NicTask["cost"]): CostBounds {
  const [rows, total] = [cost.length, own.length];
  if (rows === 0) return { take: () => {}, least: () => 0 };
  // later[j * rows + i]: accelerator i's cheapest among the NICs from j on.
  const later = new Float64Array((total + 1) * rows).fill(Infinity);
  for (let i = 0; i < rows; i++) {
    const row = cost[i];
    for (let j = total - 1; j >= 0; j--) {
      later[j * rows + i] = Math.min(later[(j + 1) * rows + i] ?? 1, row?.[j] ?? 1);
    }
  }
  const saved = greatestRest(
    own.map((pays) => -pays),
    count,
  );
  // Per place of the set: each accelerator's cheapest among the chosen, and their own costs.
  const taken = new Float64Array((count + 1) * rows).fill(Infinity);
  const owns = new Float64Array(count + 1);
  return {
    take: (place, j) => {
      for (let i = 0; i < rows; i++) {
        const before = taken[place * rows + i] ?? Infinity;
        taken[(place + 1) * rows + i] = Math.min(before, cost[i]?.[j] ?? 1);
      }
      owns[place + 1] = (owns[place] ?? 0) + (own[j] ?? 1);
    },
    least: (place, from) => {
      let sum = owns[place] ?? 0;
      if (place === count) {
        for (let i = 0; i < rows; i++) sum += taken[place * rows + i] ?? 1;
        return sum;
      }
      for (let i = 0; i < rows; i++) {
        sum += Math.min(taken[place * rows + i] ?? Infinity, later[from * rows + i] ?? Infinity);
      }
      return sum - (saved[from * (count + 1) + count - place] ?? 0);
    },
  };
}
