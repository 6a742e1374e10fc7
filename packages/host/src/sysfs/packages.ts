import { lowest } from "@evenkeel/core/set/index-set.ts";
import type { Tree } from "../tree/tree.ts";
import { readIndex, readSet } from "./values.ts";

/** A core's package. */
export interface PackagePlace {
  /** The kernel's number of the package. */
  readonly id: number | null;
  /** On mainframes, the drawer and book of the package. */
  readonly above: string;
  /** The lowest CPU of the package; only where the kernel lists its CPUs but gives no number. */
  readonly lowestCpu: number | null;
}

/** `(u16) -1` and `(u32) -1`, which some kernels and firmware write for unknown. */
const meansUnknown: ReadonlySet<number> = new Set([0xffff, 0xffff_ffff]);

/**
 * @param topology a CPU's directory of that name.
 * @param inBooks whether the machine has books, as only s390 does.
 */
export function readPackagePlace(tree: Tree, topology: string, inBooks: boolean): PackagePlace {
  const value = readIndex(tree, `${topology}/physical_package_id`);
  const id = value !== null && meansUnknown.has(value) ? null : value;
  const above = inBooks
    ? `${readIndex(tree, `${topology}/drawer_id`)}/${readIndex(tree, `${topology}/book_id`)}`
    : "";
  const hasNoNumber = id === null && tree.realPath(`${topology}/physical_package_id`) === null;
  const members = hasNoNumber ? readSet(tree, topology, memberFiles) : null;
  return { id, above, lowestCpu: members === null ? null : lowest(members) };
}

/** The files' names since and before Linux 5.3. */
const memberFiles = ["package_cpus_list", "core_siblings_list", "package_cpus", "core_siblings"];

/**
 * The number of each place's package: the kernel's, unless packages of different books share
 * numbers. In that case, and where the kernel gives only lists of CPUs, packages are counted in the
 * order in which they come.
 */
export function packageNumbers(places: readonly PackagePlace[]): (number | null)[] {
  const numbered = places.some(({ id }) => id !== null);
  const aboveOf = new Map(places.map(({ id, above }) => [id, above]));
  const unique = places.every(({ id, above }) => id === null || aboveOf.get(id) === above);
  if (numbered && unique) return places.map(({ id }) => id);
  const counted = new Map<string, number>();
  return places.map(({ id, above, lowestCpu }) => {
    const member = numbered ? id : lowestCpu;
    if (member === null) return null;
    const name = `${above}/${member}`;
    const number = counted.get(name) ?? counted.size;
    counted.set(name, number);
    return number;
  });
}
