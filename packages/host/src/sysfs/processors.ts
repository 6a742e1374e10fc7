import {
  difference,
  emptySet,
  INDEX_MAX,
  type IndexSet,
  indexSet,
  intersection,
  union,
} from "@evenkeel/core/set/index-set.ts";
import type { Tree } from "../tree/tree.ts";
import { indexedNames, readIndex, readSet } from "./values.ts";

export const cpuDirectory = "/sys/devices/system/cpu";

/** The machine's CPUs by the kernel's numbers. */
export interface Processors {
  /** The CPUs in use. */
  readonly online: IndexSet;
  /** The CPUs that exist and could be switched on. */
  readonly offline: IndexSet;
}

/**
 * Reads which CPUs exist. `online` and `present` list them on every kernel since 2.6.28. Before,
 * and in recordings without these files, a CPU exists if it has a directory, and is online unless
 * its file says otherwise or its topology is missing, as for CPUs that are switched off. A listed
 * CPU without a directory is left out, because nothing is known about it. If no CPU has a
 * directory, because none were recorded, the list alone counts.
 *
 * `offline` is not used: it counts up to the kernel's compiled limit.
 */
export function readProcessors(tree: Tree): Processors {
  const numbers = indexedNames(tree, cpuDirectory, "cpu").filter((cpu) => cpu <= INDEX_MAX);
  const listed = readSet(tree, cpuDirectory, ["online"]);
  const known = numbers.length === 0 ? (listed ?? emptySet) : indexSet(numbers);
  const online =
    listed === null
      ? indexSet(numbers.filter((cpu) => seemsOnline(tree, cpu)))
      : intersection(listed, known);
  const present = readSet(tree, cpuDirectory, ["present"]) ?? known;
  return { online, offline: difference(union(present, known), listed ?? online) };
}

function seemsOnline(tree: Tree, cpu: number): boolean {
  const directory = `${cpuDirectory}/cpu${cpu}`;
  if (readIndex(tree, `${directory}/online`) === 0) return false;
  return tree.realPath(`${directory}/topology`) !== null;
}
