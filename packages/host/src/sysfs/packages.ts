import { lowest } from "@evenkeel/core/set/index-set.ts";
import type { Tree } from "../tree/tree.ts";
import { readIndex, readSet } from "./values.ts";

/** Where a core says that its package is. */
export interface PackagePlace {
  /** The kernel's number of the package. */
  readonly id: number | null;
  /** What the package lies in, on mainframes: its drawer and book. */
  readonly above: string;
  /** The lowest CPU of the package, where the kernel tells its CPUs and gives it no number. */
  readonly lowestCpu: number | null;
}

/** `(u16) -1` and `(u32) -1`, which some kernels and firmware say where they do not know. */
const meansUnknown: ReadonlySet<number> = new Set([0xffff, 0xffff_ffff]);

/**
 * @param topology a CPU's directory of that name.
 * @param inBooks whether the machine has books, as only s390 does.
 */
export function readPackagePlace(tree: Tree, topology: string, inBooks: boolean): PackagePlace {
  const said = readIndex(tree, `${topology}/physical_package_id`);
  const id = said !== null && meansUnknown.has(said) ? null : said;
  const above = inBooks
    ? `${readIndex(tree, `${topology}/drawer_id`)}/${readIndex(tree, `${topology}/book_id`)}`
    : "";
  const untold = id === null && tree.realPath(`${topology}/physical_package_id`) === null;
  const members = untold ? readSet(tree, topology, memberFiles) : null;
  return { id, above, lowestCpu: members === null ? null : lowest(members) };
}

/** The names of the files since and before Linux 5.3. */
const memberFiles = ["package_cpus_list", "core_siblings_list", "package_cpus", "core_siblings"];

/**
 * The packages' numbers, place by place: the kernel's, unless packages of different books share
 * them. Then, and where the kernel gives none but tells which CPUs lie together, packages are
 * counted in the order in which they come.
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
