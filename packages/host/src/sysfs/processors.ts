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
  /** Those that run something. */
  readonly online: IndexSet;
  /** Those that are there and could be switched on. */
  readonly offline: IndexSet;
}

/**
 * Which CPUs there are. `online` and `present` say it on every kernel since 2.6.28; before, and in
 * recordings without them, a CPU is there when it has a directory, and online unless it says
 * otherwise or has lost its topology, as CPUs that are switched off do. A CPU without a directory
 * is left out even where it is said to be online: nothing could be said of it. Only where no CPU
 * has one, because nobody recorded them, the list alone tells which there are.
 *
 * `offline` is of no use here: it counts up to what the kernel was built for.
 */
export function readProcessors(tree: Tree): Processors {
  const numbers = indexedNames(tree, cpuDirectory, "cpu").filter((cpu) => cpu <= INDEX_MAX);
  const said = readSet(tree, cpuDirectory, ["online"]);
  const known = numbers.length === 0 ? (said ?? emptySet) : indexSet(numbers);
  const online =
    said === null
      ? indexSet(numbers.filter((cpu) => seemsOnline(tree, cpu)))
      : intersection(said, known);
  const present = readSet(tree, cpuDirectory, ["present"]) ?? known;
  return { online, offline: difference(union(present, known), said ?? online) };
}

function seemsOnline(tree: Tree, cpu: number): boolean {
  const directory = `${cpuDirectory}/cpu${cpu}`;
  if (readIndex(tree, `${directory}/online`) === 0) return false;
  return tree.realPath(`${directory}/topology`) !== null;
}
