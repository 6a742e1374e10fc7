import type { CgroupLimits } from "@evenkeel/core/evidence/evidence.ts";
import { fields, readCount, readIndex, readLine } from "../sysfs/values.ts";
import { joined } from "../tree/resolve.ts";
import type { Tree } from "../tree/tree.ts";
import type { CgroupPath } from "./parse.ts";

/**
 * What one cgroup limits: its time on CPUs and its memory, in both versions of cgroups.
 * https://docs.kernel.org/admin-guide/cgroup-v2.html,
 * https://docs.kernel.org/scheduler/sched-bwc.html and
 * https://docs.kernel.org/admin-guide/cgroup-v1/memory.html
 */
type CpuLimits = Pick<CgroupLimits, "quota" | "throttled" | "cpuWeight">;
type MemoryLimits = Omit<CgroupLimits, keyof CpuLimits>;

export const noCpuLimits: CpuLimits = { quota: null, throttled: null, cpuWeight: null };
export const noMemoryLimits: MemoryLimits = {
  memoryMaxBytes: null,
  memoryHighBytes: null,
  memoryBytes: null,
  memoryCacheBytes: null,
  memoryReclaims: null,
};

/** Where a cgroup's files are. Version 1 has a hierarchy for each controller. */
export function folderOf(controller: "cpu" | "memory", { version, path }: CgroupPath): string {
  const hierarchy = version === 2 ? "/sys/fs/cgroup" : `/sys/fs/cgroup/${controller}`;
  return path === "/" ? hierarchy : joined(hierarchy, path.slice(1));
}

export function readCpuLimits(tree: Tree, cgroup: CgroupPath): CpuLimits {
  const folder = folderOf("cpu", cgroup);
  const throttled = throttledIn(tree.readText(`${folder}/cpu.stat`));
  if (cgroup.version === 2) {
    const [quotaUs = null, periodUs = null] = numbersIn(readLine(tree, `${folder}/cpu.max`));
    return {
      quota: quotaOf(quotaUs, periodUs),
      throttled,
      cpuWeight: readCount(tree, `${folder}/cpu.weight`),
    };
  }
  // -1 is no quota.
  const quotaUs = readCount(tree, `${folder}/cpu.cfs_quota_us`);
  const periodUs = readCount(tree, `${folder}/cpu.cfs_period_us`);
  const shares = readIndex(tree, `${folder}/cpu.shares`);
  return {
    quota: quotaOf(quotaUs, periodUs),
    throttled,
    cpuWeight: shares === null ? null : weightOf(shares),
  };
}

/** A period is at most a second, and a quota what the kernel counts in 32 bits. */
function quotaOf(quotaUs: number | null, periodUs: number | null): CgroupLimits["quota"] {
  if (quotaUs === null || periodUs === null) return null;
  return quotaUs < 2 ** 31 && periodUs < 2 ** 31 ? { quotaUs, periodUs } : null;
}

/** Both are shares of a whole, by default 1024 in version 1 and 100 in version 2. */
function weightOf(shares: number): number {
  return Math.min(10_000, Math.max(1, Math.round((shares * 100) / 1024)));
}

/** Version 1 counts the time in nanoseconds. */
function throttledIn(stat: string | null): CgroupLimits["throttled"] {
  const value = countsIn(stat);
  const [periods, throttledPeriods] = [value("nr_periods"), value("nr_throttled")];
  const ns = value("throttled_time");
  const throttledUs = value("throttled_usec") ?? (ns === null ? null : Math.round(ns / 1000));
  if (periods === null || throttledPeriods === null || throttledUs === null) return null;
  return { periods, throttledPeriods, throttledUs };
}

export function readMemoryLimits(tree: Tree, cgroup: CgroupPath): MemoryLimits {
  const folder = folderOf("memory", cgroup);
  const stat = countsIn(tree.readText(`${folder}/memory.stat`));
  const files = (all: string, shared: string): number | null => {
    const [bytes, sharedBytes] = [stat(all), stat(shared)];
    return bytes === null || sharedBytes === null ? null : Math.max(0, bytes - sharedBytes);
  };
  if (cgroup.version === 2) {
    const events = countsIn(tree.readText(`${folder}/memory.events`));
    const [high, max] = [events("high"), events("max")];
    return {
      memoryMaxBytes: readIndex(tree, `${folder}/memory.max`),
      memoryHighBytes: readIndex(tree, `${folder}/memory.high`),
      memoryBytes: readIndex(tree, `${folder}/memory.current`),
      memoryCacheBytes: files("file", "shmem"),
      memoryReclaims: high === null || max === null ? null : high + max,
    };
  }
  return {
    // No limit is written as a number of 19 digits, which is none that a document can hold.
    memoryMaxBytes: readIndex(tree, `${folder}/memory.limit_in_bytes`),
    memoryHighBytes: null,
    memoryBytes: readIndex(tree, `${folder}/memory.usage_in_bytes`),
    memoryCacheBytes: files("total_cache", "total_shmem"),
    memoryReclaims: readIndex(tree, `${folder}/memory.failcnt`),
  };
}

/** The lines `key value` of a statistics file. */
function countsIn(text: string | null): (key: string) => number | null {
  const lines = new Map(fields((text ?? "").replaceAll(" ", ":")));
  return (key) => numbersIn(lines.get(key) ?? null)[0] ?? null;
}

/** Each word that is a number the kernel can count to exactly; other words, as `max`, are null. */
function numbersIn(line: string | null): (number | null)[] {
  return (line ?? "").split(" ").map((word) => (/^\d{1,15}$/.test(word) ? Number(word) : null));
}
