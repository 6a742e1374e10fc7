import { describe, expect, test } from "vitest";
import { treeOf, within } from "../../testing/sysfs/tree-of.ts";
import { parseMembership } from "./parse.ts";
import { readCgroups } from "./read-cgroups.ts";

const nothing = {
  quota: null,
  throttled: null,
  cpuWeight: null,
  memoryMaxBytes: null,
  memoryHighBytes: null,
  memoryBytes: null,
  memoryCacheBytes: null,
  memoryReclaims: null,
};

describe("limits of version 2", () => {
  const slice = within("/sys/fs/cgroup/kubepods.slice", {
    "cpu.max": "max 100000\n",
    "cpu.weight": "39\n",
    "memory.max": "max\n",
    "memory.high": "max\n",
  });
  const pod = within("/sys/fs/cgroup/kubepods.slice/pod", {
    "cpu.max": "200000 100000\n",
    "cpu.stat":
      "usage_usec 9\nnr_periods 3076\nnr_throttled 34\nthrottled_usec 12070\nnr_bursts 0\n",
    "cpu.weight": "100\n",
    "memory.max": "1073741824\n",
    "memory.high": "max\n",
    "memory.current": "1000000000\n",
    "memory.events": "low 0\nhigh 3\nmax 40\noom 0\noom_kill 0\n",
    "memory.stat": "anon 700000000\nfile 250000000\nkernel 1\nshmem 50000000\n",
  });
  const container = within("/sys/fs/cgroup/kubepods.slice/pod/c", {
    "cpuset.cpus": "2-3\n",
    "cpuset.cpus.effective": "2-3\n",
    "cpuset.mems.effective": "0\n",
    "cpu.max": "max 100000\n",
    "cpu.weight": "100\n",
  });
  const tree = treeOf({ ...slice, ...pod, ...container });
  const found = readCgroups(tree, [parseMembership("0::/kubepods.slice/pod/c\n")]);

  test("are those of its own cgroup and of each above that limits something", () => {
    expect(found.map(({ path, where, cpus }) => [path, where, cpus])).toEqual([
      ["/kubepods.slice", "/sys/fs/cgroup/kubepods.slice", null],
      ["/kubepods.slice/pod", "/sys/fs/cgroup/kubepods.slice/pod", null],
      ["/kubepods.slice/pod/c", "/sys/fs/cgroup/kubepods.slice/pod/c", "2-3"],
    ]);
  });

  test("are read as the kernel writes them; max is none", () => {
    expect(found.map(({ limits }) => limits)).toEqual([
      { ...nothing, cpuWeight: 39 },
      {
        quota: { quotaUs: 200_000, periodUs: 100_000 },
        throttled: { periods: 3076, throttledPeriods: 34, throttledUs: 12_070 },
        cpuWeight: 100,
        memoryMaxBytes: 1_073_741_824,
        memoryHighBytes: null,
        memoryBytes: 1_000_000_000,
        memoryCacheBytes: 200_000_000,
        memoryReclaims: 43,
      },
      { ...nothing, cpuWeight: 100 },
    ]);
  });

  test("a count is unknown where a part of it is missing", () => {
    const partly = within("/sys/fs/cgroup/a", {
      "cpu.stat": "nr_periods 3076\nnr_throttled 34\n",
      "memory.max": "1073741824\n",
      "memory.events": "low 0\nmax 40\n",
      "memory.stat": "anon 700000000\nfile 250000000\n",
    });
    const read = readCgroups(treeOf(partly), [parseMembership("0::/a\n")]);
    expect(read.map(({ limits }) => limits)).toEqual([
      { ...nothing, memoryMaxBytes: 1_073_741_824 },
    ]);
  });

  test("that are the defaults are not told of a cgroup above", () => {
    const usual = within("/sys/fs/cgroup/a", { "cpu.max": "max 100000\n", "cpu.weight": "100\n" });
    expect(readCgroups(treeOf(usual), [parseMembership("0::/a/b\n")])).toEqual([]);
  });
});

describe("limits of version 1", () => {
  const text = "9:memory:/docker/x\n4:cpu,cpuacct:/kubepods/pod\n3:cpuset:/kubepods/pod/c\n";
  const tree = treeOf(
    {
      ...within("/sys/fs/cgroup/cpu,cpuacct/kubepods/pod", {
        "cpu.cfs_quota_us": "100000\n",
        "cpu.cfs_period_us": "100000\n",
        "cpu.shares": "2\n",
        "cpu.stat": "nr_periods 3076\nnr_throttled 34\nthrottled_time 12070000\n",
      }),
      ...within("/sys/fs/cgroup/cpu,cpuacct/kubepods", {
        "cpu.cfs_quota_us": "-1\n",
        "cpu.cfs_period_us": "100000\n",
        "cpu.shares": "1024\n",
      }),
      ...within("/sys/fs/cgroup/memory/docker/x", {
        "memory.limit_in_bytes": "4096000\n",
        "memory.usage_in_bytes": "4095000\n",
        "memory.failcnt": "12\n",
        "memory.stat": "cache 1\ntotal_cache 9000\ntotal_shmem 1000\n",
      }),
      ...within("/sys/fs/cgroup/memory/docker", {
        "memory.limit_in_bytes": "9223372036854771712\n",
      }),
      ...within("/sys/fs/cgroup/cpuset/kubepods/pod/c", { "cpuset.cpus": "2\n" }),
    },
    { "/sys/fs/cgroup/cpu": "cpu,cpuacct" },
  );
  const found = readCgroups(tree, [parseMembership(text), parseMembership(text)]);

  test("are found in the hierarchy of each controller, shares as the weight that they are", () => {
    expect(found.map(({ path, where, limits }) => ({ path, where, limits }))).toEqual([
      {
        path: "/docker/x",
        where: "/sys/fs/cgroup/memory/docker/x",
        limits: {
          ...nothing,
          memoryMaxBytes: 4_096_000,
          memoryBytes: 4_095_000,
          memoryCacheBytes: 8000,
          memoryReclaims: 12,
        },
      },
      {
        path: "/kubepods/pod",
        where: "/sys/fs/cgroup/cpu/kubepods/pod",
        limits: {
          ...nothing,
          quota: { quotaUs: 100_000, periodUs: 100_000 },
          throttled: { periods: 3076, throttledPeriods: 34, throttledUs: 12_070 },
          cpuWeight: 1,
        },
      },
      { path: "/kubepods/pod/c", where: "/sys/fs/cgroup/cpuset/kubepods/pod/c", limits: null },
    ]);
  });
});
