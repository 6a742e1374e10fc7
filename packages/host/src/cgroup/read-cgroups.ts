import type { CgroupEvidence, CgroupLimits } from "@evenkeel/core/evidence/evidence.ts";
import { parentOf } from "../tree/resolve.ts";
import type { Tree } from "../tree/tree.ts";
import {
  folderOf,
  noCpuLimits,
  noMemoryLimits,
  readCpuLimits,
  readMemoryLimits,
} from "./limits.ts";
import type { CgroupPath, Membership } from "./parse.ts";
import { type Cpuset, readCgroup } from "./read.ts";

/**
 * The cgroups that threads are in, with what they limit, and those above that limit something: a
 * limit of an ancestor holds for all below it. A cgroup is known by its path; in version 1 that
 * stands for the cgroups of this path in the hierarchies of all controllers.
 *
 * The cost is up to twelve small files for each cgroup and each ancestor, which are read once.
 */
export function readCgroups(tree: Tree, memberships: readonly Membership[]): CgroupEvidence[] {
  const own = new Map<string, Cpuset>();
  const limits = new Map<string, CgroupLimits>();
  const where = new Map<string, string>();
  const cpusOf = remembered(({ path, version }) => readCpuLimits(tree, { path, version }));
  const memoryOf = remembered(({ path, version }) => readMemoryLimits(tree, { path, version }));
  for (const { cpuset, cpu, memory } of memberships) {
    const found = cpuset === null || own.has(cpuset.path) ? null : readCgroup(tree, cpuset);
    if (found !== null) own.set(found.path, found);
    const above = (place: CgroupPath | null): Map<string, CgroupPath> =>
      new Map(place === null ? [] : withAncestors(place).map((one) => [one.path, one]));
    const [ofCpu, ofMemory] = [above(cpu), above(memory)];
    for (const path of new Set([...ofCpu.keys(), ...ofMemory.keys()])) {
      const [cpuPlace, memoryPlace] = [ofCpu.get(path), ofMemory.get(path)];
      const before = limits.get(path) ?? { ...noCpuLimits, ...noMemoryLimits };
      limits.set(path, {
        ...before,
        ...(cpuPlace === undefined ? {} : cpusOf(cpuPlace)),
        ...(memoryPlace === undefined ? {} : memoryOf(memoryPlace)),
      });
      if (cpuPlace !== undefined) where.set(path, folderOf("cpu", cpuPlace));
      else if (memoryPlace !== undefined) where.set(path, folderOf("memory", memoryPlace));
    }
  }
  const others = [...limits].flatMap(([path, found]): CgroupEvidence[] =>
    own.has(path) || !isLimiting(found)
      ? []
      : [{ ...withoutCpuset, path, where: where.get(path) ?? path, limits: found }],
  );
  const all = [...own.values()].map((one) => ({ ...one, limits: limits.get(one.path) ?? null }));
  return [...all, ...others].toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

const withoutCpuset = { cpus: null, effectiveCpus: null, nodes: null, effectiveNodes: null };

/** By default a cgroup has the weight 100 and no other limit. */
function isLimiting({ quota, cpuWeight, memoryMaxBytes, memoryHighBytes }: CgroupLimits): boolean {
  const isWeighted = cpuWeight !== null && cpuWeight !== 100;
  return (quota ?? memoryMaxBytes ?? memoryHighBytes) !== null || isWeighted;
}

function withAncestors({ version, path }: CgroupPath): CgroupPath[] {
  const chain: CgroupPath[] = [];
  for (let at = path; ; at = parentOf(at)) {
    chain.push({ version, path: at });
    if (at === "/") return chain;
  }
}

/** Reads what is asked for again and again only once. */
function remembered<Value>(read: (place: CgroupPath) => Value): (place: CgroupPath) => Value {
  const known = new Map<string, Value>();
  return (place) => {
    const key = `${place.version} ${place.path}`;
    const value = known.get(key) ?? read(place);
    known.set(key, value);
    return value;
  };
}
