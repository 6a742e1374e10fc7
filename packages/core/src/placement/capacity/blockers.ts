import { at } from "../../unit/list.ts";

/** Which VMs stand in the way of one more, and how far was looked. */
export interface Blockers {
  /** The smallest sets of VMs of which any one, by leaving, would give at least one more slot. */
  readonly sets: readonly (readonly string[])[];
  /** Sets of up to so many VMs were all tried; larger ones, and some of this size, were not. */
  readonly triedUpTo: number;
  /** Whether there are more sets of the same size than are listed. */
  readonly more: boolean;
}

/** Sets of one VM are tried in any case; larger ones as long as all of their size are so many. */
const triesMax = 2048;
const setsMax = 8;

/**
 * The smallest sets of VMs whose leaving would give one slot more: sets of one are tried first, then
 * of two, and so on, each size in full, so that what is found is the least. A size with more sets
 * than could be tried ends the search, and the answer says up to which size it holds.
 *
 * @param vms by name, in the order of the sets.
 * @param slotsWithout how many slots there are without these of the VMs, by position.
 */
export function findBlockers(
  vms: readonly string[],
  slots: number,
  slotsWithout: (gone: readonly number[]) => number,
): Blockers {
  let tried = 0;
  for (let count = 1; count <= vms.length; count++) {
    const sets = combinations(vms.length, count);
    if (count > 1 && tried + sets > triesMax)
      return { sets: [], triedUpTo: count - 1, more: false };
    tried += sets;
    const found = [...subsets(vms.length, count)].filter((gone) => slotsWithout(gone) > slots);
    if (found.length === 0) continue;
    const named = found.slice(0, setsMax).map((set) => set.map((vm) => at(vms, vm)));
    return { sets: named, triedUpTo: count, more: found.length > setsMax };
  }
  return { sets: [], triedUpTo: vms.length, more: false };
}

function combinations(items: number, count: number): number {
  let ways = 1;
  for (let i = 0; i < count; i++) ways = (ways * (items - i)) / (i + 1);
  return Math.round(ways);
}

/** The sets of so many of the first numbers, in lexicographic order. */
function* subsets(items: number, count: number, from = 0): Generator<readonly number[]> {
  if (count === 0) {
    yield [];
    return;
  }
  for (let first = from; first <= items - count; first++) {
    for (const rest of subsets(items, count - 1, first + 1)) yield [first, ...rest];
  }
}
