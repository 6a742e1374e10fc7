import { type IndexSet, indexSet, indices, intersection } from "@evenkeel/core/set/index-set.ts";
import type { Tree } from "../tree/tree.ts";
import { cpuDirectory } from "./processors.ts";
import { indexedNames, readIndex, readLine, readSet } from "./values.ts";

/**
 * For each CPU below an L3 cache, the CPU that speaks for the cache and serves as its number: the
 * lowest of those that share it, so that the files of each cache are read once. A CPU that two
 * caches claim stays with the first.
 *
 * On machines whose last level is another, and in guests that are shown none, there are no L3s.
 */
export function readL3Caches(tree: Tree, online: IndexSet): ReadonlyMap<number, number> {
  const cacheOf = new Map<number, number>();
  for (const cpu of indices(online)) {
    if (cacheOf.has(cpu)) continue;
    const shared = sharersOfL3(tree, cpu);
    if (shared === null) continue;
    for (const sharer of indices(intersection(shared, online))) {
      if (!cacheOf.has(sharer)) cacheOf.set(sharer, cpu);
    }
  }
  return cacheOf;
}

function sharersOfL3(tree: Tree, cpu: number): IndexSet | null {
  const caches = `${cpuDirectory}/cpu${cpu}/cache`;
  // Nearly everywhere the L3 is index3, so that is asked first.
  const others = (): number[] => indexedNames(tree, caches, "index").filter((i) => i !== 3);
  const index = isL3(tree, `${caches}/index3`)
    ? 3
    : others().find((i) => isL3(tree, `${caches}/index${i}`));
  if (index === undefined) return null;
  const files = ["shared_cpu_list", "shared_cpu_map"];
  // Very old kernels leave the map empty: then the cache is the CPU's own.
  return readSet(tree, `${caches}/index${index}`, files, cpu) ?? indexSet([cpu]);
}

function isL3(tree: Tree, directory: string): boolean {
  return (
    readIndex(tree, `${directory}/level`) === 3 &&
    readLine(tree, `${directory}/type`) !== "Instruction"
  );
}
