import { expect, test } from "vitest";
import type { Evidence, MemoryMapping } from "@evenkeel/core/evidence/evidence.ts";
import type { MachineEvidence } from "@evenkeel/core/evidence/machine-evidence.ts";
import { diagnose } from "@evenkeel/core/explain/diagnose.ts";
import { explain } from "@evenkeel/core/explain/explain.ts";
import { subjectOf } from "@evenkeel/core/explain/subject/subject.ts";
import { cleanVm, onMachine } from "@evenkeel/core/testing/explain/clean.ts";
import { GiB } from "@evenkeel/core/unit/bytes.ts";
import { treeOf, within } from "../../testing/sysfs/tree-of.ts";
import { parseMembership } from "../cgroup/parse.ts";
import { readCgroups } from "../cgroup/read-cgroups.ts";
import { readKernel } from "../evidence/read-host.ts";
import { readCpus } from "./read-cpus.ts";

/**
 * Public reports of slow machines whose cause was a setting: the kernel's files as they were
 * reported, read by the readers, around a process or VM that is otherwise in order.
 */
const vm = cleanVm(0);
const twin = cleanVm(1);

/** A process instead of a VM: memory in base pages that nothing binds, all on its own node. */
function asProcess(evidence: Evidence, of: "process" | "container" = "process"): Evidence {
  const node = Number(evidence.memory?.[0]?.onNodes[0]?.node);
  const memory: MemoryMapping = {
    kind: "anonymous",
    start: "7f0000000000",
    bytes: 16 * GiB,
    backend: null,
    cell: null,
    policy: { mode: "default", nodes: "" },
    pageBytes: 4096,
    onNodes: [{ node, bytes: 16 * GiB }],
    where: "/proc/4711/numa_maps",
    line: `default anon=4194304 dirty=4194304 N${node}=4194304 kernelpagesize_kB=4`,
  };
  const threads = (evidence.threads ?? []).map((thread) => ({ ...thread, role: null }));
  return { ...evidence, of, memory: [memory], threads, shapes: [], guest: null };
}

const first = (a: Evidence, b: Evidence): unknown => explain(a, b).differences[0];

const idle = (states: readonly (readonly [name: string, latencyUs: number])[]) =>
  Object.assign(
    {},
    ...states.map(([name, latency], i) =>
      within(`/sys/devices/system/cpu/cpu0/cpuidle/state${i}`, {
        name: `${name}\n`,
        latency: `${latency}\n`,
        disable: "0\n",
      }),
    ),
  );

/** The only CPU that was reported stands for all. */
function withCpus(evidence: Evidence, files: Readonly<Record<string, string>>): Evidence {
  const cpus = readCpus(treeOf({ ...files, "/sys/devices/system/cpu/online": "0\n" }));
  const like = (machine: MachineEvidence): Partial<MachineEvidence> => ({
    cpus: (machine.cpus ?? []).map((own) => ({ ...own, ...cpus?.[0], cpus: own.cpus })),
  });
  return onMachine(evidence, like);
}

// https://github.com/google/gvisor/pull/14526; the table is of tuned issue 808.
test("vLLM starts 4 to 8 times slower on processors that take 170 us to wake up from C6", () => {
  const intel = idle([
    ["POLL", 0],
    ["C1", 1],
    ["C1E", 4],
    ["C6", 170],
  ]);
  const amd = idle([
    ["POLL", 0],
    ["C1", 1],
    ["C2", 15],
  ]);
  const [slow, fast] = [withCpus(asProcess(vm), intel), withCpus(asProcess(twin), amd)];
  expect(first(slow, fast)).toMatchObject({
    code: "deep-idle-states",
    in: "a",
    found: expect.stringContaining("C6 takes 170 us"),
    cost: { slowdown: null, basis: "unknown" },
  });
});

function withKernel(evidence: Evidence, numaBalancing: number): Evidence {
  const kernel = readKernel(
    treeOf({
      "/proc/sys/kernel/numa_balancing": `${numaBalancing}\n`,
      "/sys/kernel/mm/ksm/run": "0\n",
      "/sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never\n",
    }),
  );
  return { ...evidence, kernel };
}

// https://github.com/deepseek-ai/DeepEP/issues/624
test("NUMA balancing adds 16 ms and more to the dispatches of sglang's workers", () => {
  const [slow, fast] = [withKernel(asProcess(vm), 1), withKernel(asProcess(twin), 0)];
  expect(first(slow, fast)).toMatchObject({ code: "autonuma-on", in: "a" });
});

// https://github.com/redhat-performance/tuned/pull/283
test("NUMA balancing is worth up to 20 % on loads that nobody pinned, and is not accused", () => {
  const unpinned: Evidence = {
    ...withKernel(asProcess(vm), 1),
    devices: [],
    threads: (asProcess(vm).threads ?? []).map((one) => ({ ...one, allowedCpus: "0-31" })),
  };
  const { found, checked } = diagnose(subjectOf(unpinned), null);
  expect(found.map(({ cause }) => cause.code)).not.toContain("autonuma-on");
  expect(checked).toContainEqual({
    code: "autonuma-on",
    found: expect.stringContaining("brings memory and threads together"),
  });
});

function inCgroup(evidence: Evidence, files: Readonly<Record<string, string>>): Evidence {
  const path = "/kubepods.slice/kubepods-podxxx";
  const membership = parseMembership(`4:cpu,cpuacct:${path}\n3:cpuset:${path}\n`);
  const tree = treeOf({
    ...within(`/sys/fs/cgroup/cpu${path}`, files),
    ...within(`/sys/fs/cgroup/cpuset${path}`, { "cpuset.cpus": "2\n", "cpuset.mems": "0\n" }),
  });
  return { ...asProcess(evidence, "container"), cgroups: readCgroups(tree, [membership]) };
}

// https://github.com/koordinator-sh/koordinator/issues/489
test("a quota of one CPU stops a pod that has a CPU of its own", () => {
  const quota = (us: number, nr: number, ns: number): Record<string, string> => ({
    "cpu.cfs_quota_us": `${us}\n`,
    "cpu.cfs_period_us": "100000\n",
    "cpu.stat": `nr_periods 3076\nnr_throttled ${nr}\nthrottled_time ${ns}\n`,
    "cpu.shares": "1024\n",
  });
  const slow = inCgroup(vm, quota(100_000, 34, 12_070_000));
  const fast = inCgroup(twin, quota(-1, 0, 0));
  expect(first(slow, fast)).toMatchObject({
    code: "cpu-quota",
    in: "a",
    found:
      "cgroup /kubepods.slice/kubepods-podxxx may use 1 CPUs, and was stopped in 1.1 % of all periods",
    cost: { slowdown: expect.closeTo(1.00004, 5), basis: "measured" },
  });
});

// https://github.com/NVIDIA/k8s-device-plugin/issues/56
test("a BestEffort pod trains half as fast as the same image started by docker", () => {
  const shares = (n: number): Record<string, string> => ({ "cpu.shares": `${n}\n` });
  expect(first(inCgroup(vm, shares(2)), inCgroup(twin, shares(1024)))).toMatchObject({
    code: "cpu-weight-low",
    in: "a",
  });
});
