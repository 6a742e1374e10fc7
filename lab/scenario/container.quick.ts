import type { Diagnosis } from "@evenkeel/core/explain/diagnosis.ts";
import type { CgroupEvidence, Evidence } from "@evenkeel/core/evidence/evidence.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bootHost, type Host } from "../machine/host.ts";
import { twoByTwo } from "../machine/shape.ts";

/**
 * A container as a kubelet and containerd make one in cgroups of version 2: the pod has the quota
 * and most of the memory, the container its CPUs, its node and a limit of its own. No program of
 * theirs is needed: all that they leave behind are these files.
 */
const root = "/sys/fs/cgroup";
const pod = "/kubepods.slice/kubepods-pod1.slice";
const id = "4f5a90c1".repeat(8);
const container = `${pod}/cri-containerd-${id}.scope`;

/** Keeps a CPU busy under the quota, and reads files until the limit on memory takes some back. */
const program = "while :; do cat /product/bin/node > /dev/null; done";

let host: Host;
let pid: number;
let evidence: Evidence;

beforeAll(async () => {
  host = await bootHost(twoByTwo);
  const made = [
    `cd ${root}; mkdir -p .${container}`,
    ...["", "/kubepods.slice", pod].map(
      (path) => `echo +cpu +cpuset +memory > .${path}/cgroup.subtree_control`,
    ),
    `echo 20000 100000 > .${pod}/cpu.max; echo ${256 * MiB} > .${pod}/memory.max`,
    `cd .${container}; echo 2-3 > cpuset.cpus; echo 1 > cpuset.mems; echo 39 > cpu.weight`,
    `echo ${64 * MiB} > memory.max; echo ${48 * MiB} > memory.high`,
    `(echo 0 > cgroup.procs; exec setsid sh -c '${program}') > /dev/null 2>&1 < /dev/null &`,
    "sleep 20; cat cgroup.procs",
  ];
  const said = await host.ok("/bin/sh", ["-ec", made.join("\n")]);
  pid = Math.min(...said.trim().split("\n").map(Number));
  evidence = JSON.parse(await evenkeel("evidence", `${pid}`));
});
afterAll(() => host?.stop());

async function evenkeel(...args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await host.evenkeel(...args);
  expect(stderr).toBe("");
  return stdout;
}

const cgroupAt = (path: string): CgroupEvidence | undefined =>
  evidence.cgroups.find((one) => one.path === path);

function known(value: number | null | undefined): number {
  if (value == null) throw new Error("it was not read");
  return value;
}

test("the limits of the container and of its pod are read as they were set", () => {
  expect(cgroupAt(container)).toMatchObject({
    where: `${root}${container}`,
    cpus: "2-3",
    effectiveCpus: "2-3",
    nodes: "1",
    effectiveNodes: "1",
    limits: {
      quota: null,
      cpuWeight: 39,
      memoryMaxBytes: 64 * MiB,
      memoryHighBytes: 48 * MiB,
    },
  });
  expect(cgroupAt(pod)?.limits).toMatchObject({
    quota: { quotaUs: 20_000, periodUs: 100_000 },
    memoryMaxBytes: 256 * MiB,
    memoryHighBytes: null,
  });
  expect(evidence.threads?.map(({ allowedCpus, cgroup }) => [allowedCpus, cgroup])).toEqual([
    ["2-3", container],
  ]);
});

test("what it used, and how often it was held up, is the kernel's own count", async () => {
  const before = { own: cgroupAt(container)?.limits, pod: cgroupAt(pod)?.limits };
  const count = async (file: string, key: string): Promise<number> =>
    Number(new RegExp(`^${key} (\\d+)$`, "m").exec(await host.read(`${root}${file}`))?.[1]);
  const throttled = before.pod?.throttled;
  expect(throttled?.throttledPeriods).toBeGreaterThan(10);
  // It goes on counting.
  for (const [key, value] of [
    ["nr_periods", known(throttled?.periods)],
    ["nr_throttled", known(throttled?.throttledPeriods)],
    ["throttled_usec", known(throttled?.throttledUs)],
  ] as const) {
    expect(await count(`${pod}/cpu.stat`, key)).toBeGreaterThanOrEqual(value);
  }
  const events = [`${container}/memory.events`, "high", "max"] as const;
  const reclaims = (await count(events[0], events[1])) + (await count(events[0], events[2]));
  expect(before.own?.memoryReclaims).toBeGreaterThan(0);
  expect(reclaims).toBeGreaterThanOrEqual(known(before.own?.memoryReclaims));
  expect(before.own?.memoryBytes).toBeLessThanOrEqual(64 * MiB);
  expect(before.own?.memoryCacheBytes).toBeGreaterThan(MiB);
});

test("the container is found by its id, and its quota is what slows it", async () => {
  const byId: Evidence = JSON.parse(await evenkeel("evidence", `container:${id.slice(0, 12)}`));
  expect([byId.of, byId.process?.pid]).toEqual(["container", pid]);
  const diagnosis: Diagnosis = JSON.parse(await evenkeel("doctor", `${pid}`, "--output", "json"));
  const faults = diagnosis.subjects.flatMap((one) => one.faults);
  expect(faults[0]).toMatchObject({ code: "cpu-quota", cost: { basis: "measured" } });
  // Its pages are those of files: the limit took back what can be read again.
  expect(faults.map(({ code }) => code)).not.toContain("memory-limited");
});
