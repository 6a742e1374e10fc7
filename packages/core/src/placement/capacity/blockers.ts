import { at } from "../../unit/list.ts";

/** The VMs that stand in the way of one more slot, and how far the search went. */
export interface Blockers {
  /** The smallest sets of VMs: if all of one set left, there would be at least one more slot. */
  readonly sets: readonly (readonly string[])[];
  /** All sets of up to this many VMs were tried; larger sets were not. */
  readonly triedUpTo: number;
  /** Whether there are more sets of the same size than are listed. */
  readonly more: boolean;
}

/** The most sets to try. Sets of one VM are all tried in any case. */
const triesMax = 2048;
const setsMax = 8;

/**
 * Finds the smallest sets of VMs whose leaving would give one more slot. All sets of one are tried
 * first, then all of two, and so on, so that the first found are the smallest. The search ends at a
 * size with more sets than may be tried, and the answer says up to which size it holds.
 *
 * @param vms the names of the VMs, in the order of the sets.
 * @param slotsWithout the number of slots without some of the VMs, by position.
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

/** The sets of `count` of the numbers from `from` below `items`, in lexicographic order. */
function* subsets(items: number, count: number, from = 0): Generator<readonly number[]> {
  if (count === 0) {
    yield [];
    return;
  }
  for (let first = from; first <= items - count; first++) {
    for (const rest of subsets(items, count - 1, first + 1)) yield [first, ...rest];
  }
}
