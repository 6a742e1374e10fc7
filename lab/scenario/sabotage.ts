import { join } from "node:path";
import { difference, unionAll } from "@evenkeel/core/set/index-set.ts";
import { formatList, setOf } from "@evenkeel/core/set/list-format.ts";
import { formatBytes } from "@evenkeel/core/unit/bytes.ts";
import { at } from "@evenkeel/core/unit/list.ts";
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
let online: string;

interface Running extends Pick<RunAnswer, "plan" | "verdict"> {
  readonly pid: number;
  /** A node without anything of the VM, and its CPUs. */
  readonly away: { readonly node: number; readonly cpus: string };
  readonly thread: (name: RegExp) => Thread;
}

beforeAll(async () => {
  host = await bootHost(twoByTwo);
  await startLibvirt(host);
  online = (await host.read("/sys/devices/system/cpu/online")).trim();
  const asked = { name: "llm-a", accelerators: 0, vcpus: 2, memory: "128Mi" };
  const { plan, verdict } = await runVm(host, asked, await keepingCores(host));
  const pid = await pidOf(host, "llm-a");
  const threads = await threadsOf(host, pid);
  const thread = (name: RegExp): Thread => {
    const found = threads.find((one) => name.test(one.name));
    if (found === undefined) throw new Error(`no thread is named ${String(name)}`);
    return found;
  };
  const used = new Set(plan.cells.map(({ hostNode }) => hostNode));
  const node = twoByTwo.nodes.findIndex((_, i) => !used.has(i));
  const cpus = (await host.read(`/sys/devices/system/node/node${node}/cpulist`)).trim();
  vm = { plan, verdict, pid, thread, away: { node, cpus } };
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
  readonly found: () => string;
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

/** The CPU of a vCPU, by the plan. */
function cpuOf(id: number): string {
  const vcpu = at(
    vm.plan.cells.flatMap(({ vcpus }) => vcpus),
    id,
  );
  return "cpu" in vcpu ? `${vcpu.cpu}` : vcpu.cpus;
}

const listOf = (...lists: readonly string[]): string => formatList(unionAll(lists.map(setOf)));

/** Lets a thread run on more CPUs than its own. */
const widened = (
  name: string,
  thread: RegExp,
  more: () => string,
  rest: Pick<Sabotage, "code" | "subject" | "found">,
): Sabotage => ({
  name,
  does: async () => {
    const own = vm.thread(thread);
    await keepTo({ ...own, cpus: listOf(own.cpus, more()) }, await cgroupOf(own));
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

const migrated = (from: number, to: number): Promise<string> =>
  host.ok("migratepages", [`${vm.pid}`, `${from}`, `${to}`]);

const balancing = "/proc/sys/kernel/numa_balancing";

const sabotages: readonly Sabotage[] = [
  {
    name: "pages migrated to another node",
    does: () => migrated(at(vm.plan.cells, 0).hostNode, vm.away.node),
    undoes: () => migrated(vm.away.node, at(vm.plan.cells, 0).hostNode),
    code: "memory-off-node",
    subject: () => "cell 0",
    found: () => {
      const { memoryBytes } = at(vm.plan.cells, 0);
      const size = formatBytes(memoryBytes);
      return `${size} elsewhere: 100.0 % on node ${vm.away.node} (${memoryBytes} bytes)`;
    },
  },
  widened("a vCPU's affinity widened", /^CPU 1\//, () => vm.away.cpus, {
    code: "vcpu-affinity",
    subject: () => "vCPU 1",
    found: () => `CPUs ${listOf(cpuOf(1), vm.away.cpus)}`,
  }),
  widened("an emulator thread on a vCPU's core", /^qemu-system/, () => cpuOf(0), {
    code: "vcpu-cpu-shared",
    subject: () => `emulator thread ${vm.pid} (qemu-system-x86)`,
    found: () => `CPUs ${cpuOf(0)} are of vCPUs' cores`,
  }),
  widened("an iothread's affinity widened", /^IO iothread1/, () => vm.away.cpus, {
    code: "iothread-affinity",
    subject: () => "iothread 1",
    found: () => `CPUs ${listOf(vm.thread(/^IO iothread1/).cpus, vm.away.cpus)}`,
  }),
  {
    name: "the VM's cpuset shrunk",
    does: async () => {
      await host.write(await cpusetOfAll(), formatList(difference(setOf(online), setOf(cpuOf(1)))));
    },
    undoes: async () => host.write(await cpusetOfAll(), online),
    code: "cpuset-shrunk",
    subject: () => "vcpu1",
    found: () => `; ${cpuOf(1)} is missing`,
  },
  {
    name: "NUMA balancing turned on",
    does: () => host.write(balancing, "1"),
    undoes: () => host.write(balancing, "0"),
    code: "autonuma-on",
    severity: "warning",
    subject: () => "NUMA balancing",
    found: () => "kernel.numa_balancing is 1",
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
      found: expect.stringContaining(found()),
    }),
  );
  expect(bad.holds).toBe(severity === "warning");
  expect(await verdictOf(host, vm.plan)).toMatchObject({ holds: true, findings: [] });
});
