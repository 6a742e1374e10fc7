import { join } from "node:path";
import type { FindingCode } from "@evenkeel/core/verify/verdict/finding-codes.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { keepingCores, type RunAnswer, runVm, verdictOf } from "../machine/evenkeel.ts";
import { bootHost, type Host } from "../machine/host.ts";
import { pidOf, startLibvirt } from "../machine/libvirt.ts";
import { type Thread, threadsOf } from "../machine/process.ts";
import { twoByTwo } from "../machine/shape.ts";

/**
 * Changes to a VM that runs as planned: each is found with its numbers, alone, and is gone once
 * undone. The VM has no devices, because VFIO would pin its pages.
 */
let host: Host;
let vm: Running;

interface Running extends Pick<RunAnswer, "plan" | "verdict"> {
  readonly pid: number;
  readonly thread: (name: RegExp) => Thread;
}

beforeAll(async () => {
  host = await bootHost(twoByTwo);
  await startLibvirt(host);
  const asked = { name: "llm-a", accelerators: 0, vcpus: 2, memory: "128Mi" };
  const { plan, verdict } = await runVm(host, asked, await keepingCores(host));
  const pid = await pidOf(host, "llm-a");
  const threads = await threadsOf(host, pid);
  const thread = (name: RegExp): Thread => {
    const found = threads.find((one) => name.test(one.name));
    if (found === undefined) throw new Error(`no thread is named ${String(name)}`);
    return found;
  };
  vm = { plan, verdict, pid, thread };
});
afterAll(() => host?.stop());

test("it runs as planned, on two nodes", () => {
  expect(vm.plan.cells.map(({ hostNode }) => hostNode)).toEqual([0, 1]);
  expect(vm.verdict).toMatchObject({ holds: true, findings: [] });
});

interface Sabotage {
  readonly name: string;
  readonly does: () => Promise<unknown>;
  readonly undoes: () => Promise<unknown>;
  readonly code: FindingCode;
  readonly severity?: "warning";
  readonly subject: () => string;
  /** Part of the finding's text. */
  readonly found: string;
}

/** The cgroup of a thread: libvirt creates one for each vCPU, each iothread and the emulator. */
async function cgroupOf({ tid }: Thread): Promise<string> {
  const [, path = ""] =
    /^0::(.*)$/m.exec(await host.read(`/proc/${vm.pid}/task/${tid}/cgroup`)) ?? [];
  return `/sys/fs/cgroup${path}`;
}

/** Widens the cpuset first: a thread's affinity cannot exceed it. */
async function keepTo({ tid, cpus }: Thread, cgroup: string): Promise<void> {
  await host.write(`${cgroup}/cpuset.cpus`, cpus);
  await host.ok("taskset", ["-pc", cpus, `${tid}`]);
}

/** Moves a thread onto a vCPU's core, another VM's, or CPUs outside the VM. */
const misplaced = (
  name: string,
  thread: RegExp,
  cpus: string,
  rest: Pick<Sabotage, "code" | "subject" | "found">,
): Sabotage => ({
  name,
  does: async () => {
    const own = vm.thread(thread);
    await keepTo({ ...own, cpus }, await cgroupOf(own));
  },
  undoes: async () => {
    const own = vm.thread(thread);
    await keepTo(own, await cgroupOf(own));
  },
  ...rest,
});

/** The cgroup of the whole VM. */
const cpusetOfAll = async (): Promise<string> =>
  join(await cgroupOf(vm.thread(/^qemu-system/)), "..", "cpuset.cpus");

const balancing = "/proc/sys/kernel/numa_balancing";

const sabotages: readonly Sabotage[] = [
  {
    name: "pages migrated to another node",
    does: () => host.ok("migratepages", [`${vm.pid}`, "0", "2"]),
    undoes: () => host.ok("migratepages", [`${vm.pid}`, "2", "0"]),
    code: "memory-off-node",
    subject: () => "cell 0",
    found: "100.0 % of 64 MiB on node 2 (67108864 bytes)",
  },
  misplaced("a vCPU's affinity widened", /^CPU 1\//, "3,5", {
    code: "vcpu-affinity",
    subject: () => "vCPU 1",
    found: "CPUs 3,5",
  }),
  misplaced("an emulator thread on a vCPU's core", /^qemu-system/, "0-2", {
    code: "vcpu-cpu-shared",
    subject: () => `emulator thread ${vm.pid} (qemu-system-x86)`,
    found: "CPUs 1 are of vCPUs' cores",
  }),
  misplaced("an iothread's affinity widened", /^IO iothread1/, "0,2,4", {
    code: "iothread-affinity",
    subject: () => "iothread 1",
    found: "CPUs 0,2,4",
  }),
  {
    name: "the VM's cpuset shrunk",
    does: async () => host.write(await cpusetOfAll(), "0-2"),
    undoes: async () => host.write(await cpusetOfAll(), "0-7"),
    code: "cpuset-shrunk",
    subject: () => "vcpu1",
    found: "without 3",
  },
  {
    name: "NUMA balancing turned on",
    does: () => host.write(balancing, "1"),
    undoes: () => host.write(balancing, "0"),
    code: "autonuma-on",
    severity: "warning",
    subject: () => "NUMA balancing",
    found: "kernel.numa_balancing is 1",
  },
];

test.each(sabotages)("$name is found, and no longer after it is undone", async (sabotage) => {
  const { does, undoes, code, severity = "error", subject, found } = sabotage;
  await does();
  const bad = await verdictOf(host, vm.plan);
  await undoes();
  // A cgroup may have several threads with the same finding, but there must be no other finding.
  expect([...new Set(bad.findings.map((finding) => finding.code))]).toEqual([code]);
  expect(bad.findings).toContainEqual(
    expect.objectContaining({
      severity,
      subject: expect.stringContaining(subject()),
      found: expect.stringContaining(found),
    }),
  );
  expect(bad.holds).toBe(severity === "warning");
  expect(await verdictOf(host, vm.plan)).toMatchObject({ holds: true, findings: [] });
});
