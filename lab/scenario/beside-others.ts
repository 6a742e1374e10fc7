import type { ListedVm } from "@evenkeel/host/vm/list.ts";
import { indices } from "@evenkeel/core/set/index-set.ts";
import { setOf } from "@evenkeel/core/set/list-format.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunAnswer, runVm, stopVm, tryRun } from "../machine/evenkeel.ts";
import { bootHost, type Host } from "../machine/host.ts";
import { startLibvirt } from "../machine/libvirt.ts";
import { threadsOf } from "../machine/process.ts";
import { crowded } from "../machine/shape.ts";
import { words } from "../machine/words.ts";

/**
 * VMs are placed beside ten that other programs have started: pinned, floating, with huge pages and
 * with a device. The host has CPUs 0-7 on node 0 and 8-15 on node 1, and keeps CPUs 0 and 8.
 */
let host: Host;
const device = "0000:21:00.0";

interface Stranger {
  readonly name: string;
  readonly cpus: string;
  readonly more?: readonly string[];
}

const hugepages = (node: number, size: string): readonly string[] => [
  ...words(
    "-object",
    `memory-backend-file,id=m,mem-path=/dev/hugepages,size=${size},prealloc=on,host-nodes=${node},policy=bind`,
  ),
  ...words("-numa", "node,memdev=m", "-m", size),
];

const strangers: readonly Stranger[] = [
  { name: "pinned-1", cpus: "1" },
  { name: "pinned-2", cpus: "2" },
  { name: "pinned-9", cpus: "9" },
  // Two vCPUs that must use two CPUs are as good as pinned.
  { name: "filling", cpus: "14-15", more: words("-smp", "2") },
  { name: "floating", cpus: "0-15" },
  { name: "floating-too", cpus: "0-15" },
  { name: "on-the-host", cpus: "0" },
  { name: "pages-0", cpus: "0", more: hugepages(0, "256M") },
  { name: "pages-1", cpus: "8", more: hugepages(1, "256M") },
  { name: "with-device", cpus: "8", more: words("-device", `vfio-pci,host=${device}`) },
];

async function startStranger({ name, cpus, more = [] }: Stranger): Promise<void> {
  const memory = more.includes("-m") ? [] : words("-m", "32");
  await host.ok("taskset", [
    ...words("-c", cpus, "qemu-system-x86_64", "-machine", "q35,accel=tcg", "-cpu", "max", "-S"),
    ...words("-nodefaults", "-display", "none", "-daemonize", "-name", `${name},debug-threads=on`),
    ...memory,
    ...more,
  ]);
}

beforeAll(async () => {
  host = await bootHost(crowded);
  await startLibvirt(host);
  const functions = `/sys/bus/pci/devices/${device}`;
  await host.write(`${functions}/driver_override`, "vfio-pci");
  await host.write("/sys/bus/pci/drivers_probe", device);
  for (const stranger of strangers) await startStranger(stranger);
});
afterAll(() => host?.stop());

interface Listed {
  readonly vms: readonly ListedVm[];
  readonly heldTwice: readonly unknown[];
}

/**
 * What is listed. A listing gives libvirt a second or two, and says so where that was too little,
 * as on a busy machine: then it is asked again, a few times.
 */
async function listed(tries = 5): Promise<Listed> {
  const { status, stdout, stderr } = await host.evenkeel("list", "--output", "json");
  if (tries > 1 && stderr.includes("(domains-unknown)")) return listed(tries - 1);
  expect([status, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout);
}

test("all ten are listed, with what they hold", async () => {
  const { vms } = await listed();
  expect(vms.map(({ name }) => name).toSorted()).toEqual(
    strangers.map(({ name }) => name).toSorted(),
  );
  const holds = (name: string) => vms.find((vm) => vm.name === name)?.holds;
  expect(holds("pinned-2")?.vcpus).toEqual([{ count: 1, cpus: "2" }]);
  expect(holds("filling")?.vcpus).toEqual([{ count: 2, cpus: "14-15" }]);
  expect(holds("with-device")?.devices).toEqual([device]);
  const pages = holds("pages-0")?.memory.filter(({ pageBytes }) => pageBytes === 2 << 20);
  expect(pages).toEqual([{ node: 0, pageBytes: 2 << 20, bytes: 256 << 20 }]);
});

const answers: RunAnswer[] = [];

test.each([
  { name: "llm-a", accelerators: 1, vcpus: 1, memory: "64Mi" },
  { name: "llm-b", accelerators: 2, vcpus: 2, memory: "128Mi" },
  { name: "llm-c", accelerators: 0, vcpus: 2, memory: "64Mi" },
])("$name gets nothing that another VM has", async (vm) => {
  const via = vm.name === "llm-b" ? "libvirt" : "qemu";
  const answer = await runVm(host, vm, words("--via", via));
  answers.push(answer);
  expect(answer.verdict).toMatchObject({ holds: true });
  const { plan } = answer;
  const cpus = plan.cells.flatMap(({ vcpus }) =>
    vcpus.flatMap((vcpu) => ("cpu" in vcpu ? [vcpu.cpu] : indices(setOf(vcpu.cpus)))),
  );
  const others = answers.filter((one) => one !== answer);
  const taken = others.flatMap((one) => one.plan.cells.flatMap((cell) => cell.vcpus));
  for (const cpu of cpus) {
    expect([1, 2, 9, 14, 15]).not.toContain(cpu);
    expect(taken.map((vcpu) => ("cpu" in vcpu ? vcpu.cpu : null))).not.toContain(cpu);
  }
  const devices = plan.devices.map(({ address }) => address);
  expect(devices).not.toContain(device);
  expect(
    new Set(answers.flatMap((one) => one.plan.devices.map(({ address }) => address))).size,
  ).toBe(answers.flatMap((one) => one.plan.devices).length);
});

test("no two threads of vCPUs are pinned to the same CPU", async () => {
  const { vms, heldTwice } = await listed();
  expect(vms.length).toBe(13);
  expect(heldTwice).toEqual([]);
  const pinned: string[] = [];
  for (const { pid } of vms) {
    if (pid === null) throw new Error("a VM has no process");
    const threads = await threadsOf(host, pid);
    const own = threads.filter(({ name, cpus }) => name.startsWith("CPU ") && /^\d+$/.test(cpus));
    pinned.push(...own.map(({ cpus }) => cpus));
  }
  // CPUs 0 and 8 are the host's, where some of the ten run together.
  const sold = pinned.filter((cpu) => cpu !== "0" && cpu !== "8");
  expect(new Set(sold).size).toBe(sold.length);
});

test("a VM for which only what others hold is left is refused", async () => {
  const { status, stdout } = await tryRun(host, {
    name: "llm-d",
    accelerators: 0,
    vcpus: 6,
    memory: "64Mi",
  });
  expect(status, stdout).toBe(3);
  for (const { plan } of answers) await stopVm(host, plan.vm);
});
