import { type IndexSet, indexSet, indices, intersection } from "@evenkeel/core/set/index-set.ts";
import type { L3Cache } from "@evenkeel/core/topology/topology.ts";
import { KiB } from "@evenkeel/core/unit/bytes.ts";
import type { Tree } from "../tree/tree.ts";
import { cpuDirectory } from "./processors.ts";
import { indexedNames, readIndex, readLine, readSet } from "./values.ts";

/** The L3 caches. A cache's number is the lowest CPU that shares it. */
export interface L3Caches {
  /** The number of each CPU's cache. */
  readonly cacheOf: ReadonlyMap<number, number>;
  /** The caches with any further known fact. */
  readonly caches: readonly L3Cache[];
}

/**
 * Reads each cache's files once, from the lowest CPU that shares it. A CPU that two caches list
 * stays with the first.
 *
 * Machines whose last level is not L3, and guests without a visible L3, have none.
 */
export function readL3Caches(tree: Tree, online: IndexSet): L3Caches {
  const cacheOf = new Map<number, number>();
  const caches: L3Cache[] = [];
  for (const cpu of indices(online)) {
    if (cacheOf.has(cpu)) continue;
    const directory = directoryOfL3(tree, cpu);
    if (directory === null) continue;
    // Very old kernels leave the map empty; then the cache belongs to this CPU alone.
    const shared = readSet(tree, directory, sharers, cpu) ?? indexSet([cpu]);
    caches.push(readCache(tree, directory, cpu));
    for (const sharer of indices(intersection(shared, online))) {
      if (!cacheOf.has(sharer)) cacheOf.set(sharer, cpu);
    }
  }
  return { cacheOf, caches: caches.filter(isDescribed) };
}

const sharers = ["shared_cpu_list", "shared_cpu_map"];

/**
 * Documentation/ABI/testing/sysfs-devices-system-cpu: sizes are written `107520K`; 0 ways mean a
 * fully associative cache.
 */
function readCache(tree: Tree, directory: string, id: number): L3Cache {
  const kilobytes = /^(\d{1,9})K$/.exec(readLine(tree, `${directory}/size`) ?? "")?.[1];
  const ways = readIndex(tree, `${directory}/ways_of_associativity`);
  const kernelId = readIndex(tree, `${directory}/id`);
  return {
    id,
    sizeBytes: kilobytes === undefined || Number(kilobytes) === 0 ? null : Number(kilobytes) * KiB,
    ways: ways === null || ways === 0 || ways > WAYS_MAX ? null : ways,
    kernelId: kernelId !== null && kernelId <= KERNEL_ID_MAX ? kernelId : null,
  };
}

/** 32 bits; on arm64 firmware chooses any value (include/linux/cacheinfo.h). */
const KERNEL_ID_MAX = 2 ** 32 - 1;

/** Real caches have some dozens of ways. */
const WAYS_MAX = 1024;

function isDescribed({ sizeBytes, ways, kernelId }: L3Cache): boolean {
  return sizeBytes !== null || ways !== null || kernelId !== null;
}

function directoryOfL3(tree: Tree, cpu: number): string | null {
  const caches = `${cpuDirectory}/cpu${cpu}/cache`;
  // The L3 is nearly always index3, so try that first.
  const others = (): number[] => indexedNames(tree, caches, "index").filter((i) => i !== 3);
  const index = isL3(tree, `${caches}/index3`)
    ? 3
    : others().find((i) => isL3(tree, `${caches}/index${i}`));
  return index === undefined ? null : `${caches}/index${index}`;
}

function isL3(tree: Tree, directory: string): boolean {
  return (
    readIndex(tree, `${directory}/level`) === 3 &&
    readLine(tree, `${directory}/type`) !== "Instruction"
  );
}
