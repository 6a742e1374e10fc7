import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { evenkeel } from "@evenkeel/cli/testing/evenkeel.ts";
import { parseInstance } from "@evenkeel/contract/instance.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import { defaultHostPolicy } from "@evenkeel/core/request/host-policy.ts";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import { requestOf } from "@evenkeel/core/testing/request/requests.ts";
import { systemClock } from "@evenkeel/host/clock/clock.ts";
import { readDomains } from "@evenkeel/host/hypervisor/libvirt/domains.ts";
import { patienceFor } from "@evenkeel/host/hypervisor/patience.ts";
import { lockCutOff } from "@evenkeel/host/instance/recover.ts";
import { openState } from "@evenkeel/host/state/state-folder.ts";
import { codedError } from "@evenkeel/host/testing/expect-error.ts";
import { treeOf } from "@evenkeel/host/testing/sysfs/tree-of.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { qemuInstance, type TestHost, testHost } from "@evenkeel/host/testing/vm-host.ts";
import { leaveVm } from "@evenkeel/host/vm/leave.ts";
import { listVms } from "@evenkeel/host/vm/list.ts";
import { startVm } from "@evenkeel/host/vm/start.ts";
import { stopVm } from "@evenkeel/host/vm/stop.ts";
import { expect, test, vi } from "vitest";

/** libvirt hangs: each virsh waits for an answer that never comes. */
function hungVirsh(): () => readonly string[] {
  const folder = scratchFolder();
  const asked = join(folder, "asked");
  writeFileSync(join(folder, "virsh"), `#!/bin/sh\necho "$*" >> ${asked}\nexec sleep 100\n`);
  chmodSync(join(folder, "virsh"), 0o755);
  vi.stubEnv("PATH", `${folder}${delimiter}${process.env["PATH"] ?? ""}`);
  return () => (existsSync(asked) ? readFileSync(asked, "utf8").trimEnd().split("\n") : []);
}

const uri = "qemu:///system";
const named = (vm: string, given: Partial<Instance>): Instance =>
  qemuInstance(planOf({ vm, cells: [{ cores: 1 }] }), given);

async function hostWith(...instances: readonly Instance[]): Promise<TestHost> {
  const host = await testHost({ libvirtUri: uri, tree: () => treeOf({}) });
  for (const instance of instances) await host.state.write(instance);
  return host;
}

async function timed<T>(work: Promise<T>): Promise<readonly [T, number]> {
  const started = performance.now();
  const result = await work;
  return [result, performance.now() - started];
}

/** Twenty seconds pass in it: the deadline of all recoveries. */
const patientTest = { timeout: 120_000 };

test("three cut starts and a hung libvirt hold one command shortly", patientTest, async () => {
  const asked = hungVirsh();
  const cut = ["a", "b", "c"].map((vm) =>
    named(vm, { via: "libvirt", uri, phase: vm === "c" ? "stopping" : "starting" }),
  );
  const lost = named("d", { phase: "starting" });
  const kept = named("kept", {});
  const host = await hostWith(...cut, lost, kept, named("other", {}));
  const recovering = timed(leaveVm("kept", host).catch((error: unknown) => error));
  while (asked().length === 0) await sleep(20);
  // No other command waits for it: it holds the locks of the cut VMs alone.
  const [stopped, stopMs] = await timed(stopVm("other", { timeoutMs: 0, force: true }, host));
  expect(stopped).toEqual({ kind: "stopped", name: "other" });
  expect(stopMs).toBeLessThan(10_000);
  await codedError("vm-busy", () => stopVm("a", { timeoutMs: 0, force: true }, host));
  const [left, recoverMs] = await recovering;
  expect(left).toMatchObject({ code: "usage", message: "Evenkeel has started it" });
  expect(recoverMs).toBeLessThan(45_000);
  expect(asked()).toEqual([`--quiet --connect ${uri} version`]);
  expect(host.said.find(({ kind }) => kind === "recovered")).toMatchObject({
    vms: [
      ...cut.map(({ name }) => ({
        instance: { name },
        failure: { code: "hypervisor-failed", message: expect.stringContaining("not answered") },
      })),
      { instance: { name: "d" }, failure: null },
    ],
  });
  // What was not undone keeps what it holds, and the next command may try again.
  expect(host.state.read().instances).toEqual([...cut, kept]);
  for (const { name } of cut) expect(await host.state.isUnlocked(name)).toBe(true);
});

test("stopping a VM waits for the recovery of no other", async () => {
  const asked = hungVirsh();
  const cut = named("a", { via: "libvirt", uri, phase: "starting" });
  const host = await hostWith(cut, named("other", {}));
  const [, elapsedMs] = await timed(stopVm("other", { timeoutMs: 0, force: false }, host));
  expect(elapsedMs).toBeLessThan(10_000);
  expect(asked()).toEqual([]);
  expect(host.state.read().instances).toEqual([cut]);
});

test("32 VMs and a hung libvirt are listed within ten seconds", patientTest, async () => {
  const asked = hungVirsh();
  const vms = Array.from({ length: 32 }, (_, i) => named(`vm-${i}`, { via: "libvirt", uri }));
  const host = await hostWith(...vms, named("alone", {}));
  const [{ vms: listed }, elapsedMs] = await timed(listVms(host));
  expect(elapsedMs).toBeLessThan(10_000);
  expect(listed).toHaveLength(33);
  expect(listed.filter(({ state }) => state === "unknown")).toHaveLength(32);
  expect(listed[0]).toMatchObject({ name: "alone", state: "gone" });
  expect(host.said.filter(({ kind }) => kind === "unanswered")).toHaveLength(32);
  expect(host.said.filter(({ kind }) => kind === "silent")).toHaveLength(1);
  expect(asked()).toHaveLength(2);
});

const flavor = `apiVersion: evenkeel/v1
kind: Flavor
metadata: { name: small }
spec: { vcpus: 1, memory: 64Mi, hugepages: none, isolation: shared }
`;
const vm = `apiVersion: evenkeel/v1
kind: VirtualMachine
metadata: { name: next }
spec: { flavor: small }
---
${flavor}`;

test.each([
  ["place", ["place", "vm.yaml"]],
  ["capacity", ["capacity", "--flavor", "flavor.yaml"]],
])(
  "%s on this host waits ten seconds at most for it, and says what it misses",
  patientTest,
  async (...of) => {
    const asked = hungVirsh();
    const folder = scratchFolder();
    writeFileSync(join(folder, "vm.yaml"), vm);
    writeFileSync(join(folder, "flavor.yaml"), flavor);
    const argv = of[1].map((word) => (word.endsWith(".yaml") ? join(folder, word) : word));
    const more = ["--on", "a=live", "--on", "b=live", "--state", join(folder, "state")];
    const asking = evenkeel([...argv, ...more], { env: { LIBVIRT_DEFAULT_URI: uri } });
    const [{ stderr }, elapsedMs] = await timed(asking);
    // Another warning may be about processes of this machine that cannot be read.
    const said = stderr.replaceAll(/\s+/g, " ").split(`the libvirt at ${uri} has not answered`);
    expect(said).toHaveLength(2);
    expect(said[1]).toMatch(/domains-unknown/);
    expect(said[1]).toMatch(/^ in time; a VM that it alone shows is missing/);
    // Reading the machine takes a moment too.
    expect(elapsedMs).toBeLessThan(15_000);
    expect(asked()).toHaveLength(1);
  },
);

test("a start by QEMU alone says what a hung libvirt does not tell", patientTest, async () => {
  hungVirsh();
  const host = await hostWith();
  const request = requestOf({ name: "next", hugepageBytes: null });
  const wanted = { request, plan: null, flavors: [], policy: defaultHostPolicy, options: {} };
  const control = { dryRun: true, interrupted: () => AbortSignal.abort() };
  await startVm({ ...wanted, via: "qemu" }, control, host);
  expect(host.said.filter(({ kind }) => kind === "silent")).toEqual([{ kind: "silent", uri }]);
});

test("a libvirt that is asked for longer than there is time counts as silent", async () => {
  const patience = patienceFor(0, systemClock);
  expect(await readDomains(uri, new Set(), patience)).toBeNull();
  expect(patience.isSilent(uri)).toBe(true);
});

test("a domain whose devices libvirt does not tell in time is not read as one without", async () => {
  const folder = scratchFolder();
  const list = 'echo "0f0e0d0c-0b0a-4908-8706-050403020100 a"';
  const script = `#!/bin/sh\ncase "$*" in *dumpxml*) exec sleep 100;; *) ${list};; esac\n`;
  writeFileSync(join(folder, "virsh"), script);
  chmodSync(join(folder, "virsh"), 0o755);
  vi.stubEnv("PATH", `${folder}${delimiter}${process.env["PATH"] ?? ""}`);
  expect(await readDomains(uri, new Set(), patienceFor(1000, systemClock))).toBeNull();
});

test("a start that another command completes meanwhile is not undone", async () => {
  const folder = scratchFolder();
  const [ours, theirs] = [
    await openState(folder, parseInstance),
    await openState(folder, parseInstance),
  ];
  const starting = named("a", { phase: "starting" });
  await theirs.write(starting);
  const lock = await theirs.lockInstance("a");
  const complete = async (): Promise<void> => {
    await sleep(40);
    await theirs.write({ ...starting, phase: "running" });
    await lock?.release();
  };
  const completed = complete();
  expect(await ours.withHostLock(() => lockCutOff(ours))).toEqual([]);
  await completed;
  expect(await ours.isUnlocked("a")).toBe(true);
});
