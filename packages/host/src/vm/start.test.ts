import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { guestFromPlan } from "@evenkeel/core/guest/from-plan.ts";
import { defaultHostPolicy } from "@evenkeel/core/request/host-policy.ts";
import { accelerators, requestOf } from "@evenkeel/core/testing/request/requests.ts";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { expect, onTestFinished, test } from "vitest";
import { codedError } from "../../testing/expect-error.ts";
import { hostWith } from "../../testing/emulated-host.ts";
import { whyNoQemu } from "../../testing/qemu.ts";
import {
  deadLibvirt,
  emulatorStandIn,
  qemuInstance,
  type TestHost,
  testHost,
  testTime,
} from "../../testing/vm-host.ts";
import { readSource } from "../source/read-source.ts";
import type { VmToStart } from "./decide.ts";
import { startVm, type StartControl } from "./start.ts";
import { stopVm } from "./stop.ts";

const { signal } = new AbortController();
const now: StartControl = { dryRun: false, interrupted: () => signal };
const dry: StartControl = { dryRun: true, interrupted: () => signal };

function asked(given: Partial<VmToStart> = {}): VmToStart {
  const small = {
    vcpus: 1,
    memoryBytes: 128 * MiB,
    hugepageBytes: null,
    isolation: "shared",
  } as const;
  return {
    request: requestOf({ name: "tried", ...small }),
    plan: null,
    flavors: [],
    policy: defaultHostPolicy,
    via: "qemu",
    options: { emulated: true, firmware: "bios", boot: undefined, devices: [] },
    ...given,
  };
}

test("what no placement fits is refused, and nothing is recorded", async () => {
  const host = await testHost();
  const request = requestOf({ name: "tried", accelerators: accelerators(1) });
  const outcome = await startVm(asked({ request }), now, host);
  expect(outcome).toMatchObject({ kind: "refused", refusal: { kind: "Refusal", vm: "tried" } });
  expect(readdirSync(host.folder)).toEqual([]);
  expect(host.said).toEqual([{ kind: "recovered", vms: [] }]);
});

test("what the policy names and the host is not known to have is reported", async () => {
  const host = await testHost();
  const reserved = { ...defaultHostPolicy.reserved, cpus: "0,900" };
  await startVm(asked({ policy: { ...defaultHostPolicy, reserved } }), dry, host);
  const { name } = await host.topology();
  const step = { kind: "names-absent", host: name, names: ["reserved.cpus 900"] };
  expect(host.said).toContainEqual(step);
});

test("a host that lacks what the plan needs blocks the start, and nothing is recorded", async () => {
  const host = await testHost();
  const plan = planOf({
    vm: "tried",
    cells: [{ cores: 1, devices: [{ address: "ffff:1b:00.0" }] }],
  });
  for (const control of [now, dry]) {
    const outcome = await startVm(asked({ plan }), control, host);
    expect(outcome).toMatchObject({ kind: "blocked", plan, report: { ready: false } });
  }
  expect(readdirSync(host.folder)).toEqual([]);
});

test("the open files of each process are read once for a start", async () => {
  const made = { pid: 400, name: "router", uuid: "3f0e6d3a-91a4-4a27-9d0b-5c2b1f6e7a88" };
  const tree = hostWith([{ ...made, vcpus: ["4"], groups: [40] }], { 40: ["0000:41:00.0"] });
  const listed: string[] = [];
  const counted = { ...tree, list: (path: string) => (listed.push(path), tree.list(path)) };
  const host = await testHost({ tree: () => counted });
  const device = { address: "0000:41:00.0" };
  const plan = planOf({ vm: "tried", cells: [{ cores: 1, devices: [device] }] });
  const outcome = await startVm(asked({ plan }), dry, host);
  expect(outcome.kind).toBe("blocked");
  expect(listed.filter((path) => path === "/proc/400/fd").length).toBe(1);
});

test("a VM of the name that runs stands in the way", async () => {
  const host = await testHost();
  const there = qemuInstance(planOf({ vm: "tried", tenant: "acme", cells: [{ cores: 1 }] }));
  await host.state.write(there);
  await emulatorStandIn(there, host);
  const request = requestOf({ name: "tried", tenant: "acme" });
  const error = await codedError("vm-exists", () => startVm(asked({ request }), now, host));
  expect(error).toMatchObject({
    where: "acme_tried",
    message: "it is running already",
    remedy: "evenkeel stop acme_tried",
  });
});

test("a VM of the name that is off stays as it was where its successor is refused or blocked", async () => {
  const host = await testHost();
  const off = qemuInstance(planOf({ vm: "tried", cells: [{ cores: 1 }] }));
  await host.state.write(off);
  const request = requestOf({ name: "tried", accelerators: accelerators(1) });
  const nowhere = planOf({
    vm: "tried",
    cells: [{ cores: 1, devices: [{ address: "ffff:1b:00.0" }] }],
  });
  for (const control of [dry, now]) {
    expect(await startVm(asked({ request }), control, host)).toMatchObject({ kind: "refused" });
    const blocked = await startVm(asked({ plan: nowhere }), control, host);
    expect(blocked).toMatchObject({ kind: "blocked" });
    expect(host.state.read()).toEqual({ instances: [off], damaged: [] });
  }
});

/** libvirt's own test driver, within virsh. */
const libvirtUri = "test:///default";
const program = "virsh";
const hasLibvirt = spawnSync(program, ["--connect", libvirtUri, "version"]).status === 0;
const keeps = "an adopted VM that is off stays recorded where its successor is refused";

test.skipIf(!hasLibvirt)(keeps, async () => {
  const host = await testHost({ libvirtUri });
  const plan = planOf({ vm: "tried", cells: [{ cores: 1 }] });
  const uuid = "0f0e0d0c-0b0a-4908-8706-050403020100";
  const adopted = qemuInstance(plan, { uuid, adopted: true, via: "libvirt", uri: libvirtUri });
  await host.state.write(adopted);
  const request = requestOf({ name: "tried", accelerators: accelerators(1) });
  expect(await startVm(asked({ request }), now, host)).toMatchObject({ kind: "refused" });
  expect(host.state.read().instances).toEqual([adopted]);
});

test("while another command starts or stops it, a VM is left alone", async () => {
  const host = await testHost();
  await host.state.write(qemuInstance(planOf({ vm: "tried", cells: [{ cores: 1 }] })));
  const lock = await host.state.lockInstance("tried");
  onTestFinished(() => lock?.release());
  await codedError("vm-busy", () => startVm(asked(), now, host));
});

test("a start that was cut off is undone before anything is decided, and reported", async () => {
  const plan = planOf({ vm: "cut", cells: [{ cores: 1 }] });
  const host = await testHost();
  const cut = qemuInstance(plan, { phase: "starting" });
  const lost = qemuInstance({ ...plan, vm: "lost" }, { via: "libvirt", uri: deadLibvirt });
  await host.state.write(cut);
  await host.state.write({ ...lost, phase: "stopping" });
  const request = requestOf({ name: "tried", accelerators: accelerators(1) });
  await startVm(asked({ request }), now, host);
  expect(host.said).toMatchObject([
    {
      kind: "recovered",
      vms: [
        { instance: { name: "cut" }, failure: null },
        { instance: { name: "lost" }, failure: { code: "hypervisor-failed" } },
      ],
    },
  ]);
  expect(host.state.read().instances).toMatchObject([{ name: "lost" }]);
});

/** This machine itself, where a VM of one floating vCPU can really be started. */
function liveHost(): Promise<TestHost> {
  const parseTopology = (): never => {
    throw new Error("a live machine is no document");
  };
  return testHost({ topology: () => readSource("live", { parseTopology }) });
}

const nothingKept = {
  ...defaultHostPolicy,
  reserved: { coresPerNode: 0, cpus: null, memoryPerNodeBytes: 0 },
};

test.skipIf(whyNoQemu !== null)(
  "a VM that runs is recorded with the clock's time, and judged at that time",
  async () => {
    const host = await liveHost();
    const vm = asked({ policy: nothingKept });
    const { uuid } = guestFromPlan(planOf({ vm: "tried", cells: [{ cores: 1 }] }));
    onTestFinished(async () => {
      await stopVm("tried", { timeoutMs: 0, force: true }, host).catch(() => {});
    });
    const outcome = await startVm(vm, now, host);
    const told = { name: "tried", uuid, phase: "running", startedAt: testTime };
    expect(outcome).toMatchObject({
      kind: "started",
      instance: told,
      verdict: { vm: "tried", takenAt: testTime },
    });
    expect(host.state.read().instances).toMatchObject([told]);
    expect(host.said.at(-1)).toMatchObject({ kind: "starting" });
    const stopped = await stopVm("tried", { timeoutMs: 0, force: true }, host);
    expect(stopped).toEqual({ kind: "forced", name: "tried" });
    expect(readdirSync(host.folder)).toEqual([]);
  },
);

test.skipIf(whyNoQemu !== null)(
  "a VM of the name that is off is replaced by the start",
  async () => {
    const host = await liveHost();
    const before = planOf({ vm: "tried", cells: [{ cores: 1 }] });
    await host.state.write(qemuInstance(before, { startedAt: "2025-01-01T00:00:00.000Z" }));
    onTestFinished(async () => {
      await stopVm("tried", { timeoutMs: 0, force: true }, host).catch(() => {});
    });
    const outcome = await startVm(asked({ policy: nothingKept }), now, host);
    expect(outcome).toMatchObject({ kind: "started" });
    const { instances } = host.state.read();
    expect(instances).toMatchObject([{ name: "tried", phase: "running", startedAt: testTime }]);
    expect(instances[0]?.plan).not.toEqual(before);
  },
);

test.skipIf(whyNoQemu !== null)("a start that fails is undone, and says why", async () => {
  const host = await liveHost();
  const boot = { kernel: "/none", initrd: null, append: null };
  const options = { ...asked().options, boot };
  const outcome = await startVm(asked({ policy: nothingKept, options }), now, host);
  expect(outcome).toMatchObject({ kind: "undone", failure: { code: "hypervisor-failed" } });
  expect(readdirSync(host.folder)).toEqual([]);
});

test.skipIf(whyNoQemu !== null)("a start that is interrupted is undone", async () => {
  const host = await liveHost();
  const interrupted: StartControl = { dryRun: false, interrupted: () => AbortSignal.abort() };
  const outcome = await startVm(asked({ policy: nothingKept }), interrupted, host);
  expect(outcome).toMatchObject({ kind: "undone", failure: { code: "interrupted" } });
  expect(readdirSync(host.folder)).toEqual([]);
});
