import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import { expect, test } from "vitest";
import { codedError } from "../../testing/expect-error.ts";
import { treeOf } from "../../testing/sysfs/tree-of.ts";
import {
  deadLibvirt,
  emulatorStandIn,
  jumpingClock,
  qemuInstance,
  type TestHost,
  testHost,
} from "../../testing/vm-host.ts";
import { listVms } from "./list.ts";
import { stopVm } from "./stop.ts";

const plan = planOf({ vm: "llm-a", tenant: "acme", cells: [{ cores: 1 }] });
const there = qemuInstance(plan);
const patient = { timeoutMs: 120_000, force: false };
const hasty = { timeoutMs: 0, force: true };

async function hostWith(...instances: readonly (typeof there)[]): Promise<TestHost> {
  // A list shows every process of its machine, and this one has none.
  const host = await testHost({ tree: () => treeOf({}) });
  for (const instance of instances) await host.state.write(instance);
  return host;
}

test("a guest that ignores its power button still runs after its time, by the given clock", async () => {
  const host = { ...(await hostWith(there)), clock: jumpingClock() };
  await emulatorStandIn(there, host);
  const before = performance.now();
  expect(await stopVm("llm-a", patient, host)).toEqual({
    kind: "still-running",
    name: "acme_llm-a",
  });
  expect(performance.now() - before).toBeLessThan(60_000);
  expect((await listVms(host)).vms).toMatchObject([{ name: "acme_llm-a", state: "running" }]);
});

test("it is ended where that is asked for, and nothing of it stays", async () => {
  const host = await hostWith(there);
  const emulator = await emulatorStandIn(there, host);
  const ended = new Promise((resolve) => emulator.once("exit", resolve));
  // A UUID names it as well as its name does.
  expect(await stopVm(there.uuid, hasty, host)).toEqual({ kind: "forced", name: "acme_llm-a" });
  await ended;
  expect(readdirSync(host.folder)).toEqual([]);
});

test("one that is off is stopped, beside a file that cannot be used", async () => {
  const host = await hostWith(there);
  writeFileSync(join(host.folder, "torn.json"), "{");
  expect(await stopVm("llm-a", patient, host)).toEqual({ kind: "stopped", name: "acme_llm-a" });
  expect(host.said).toMatchObject([
    { kind: "damaged", files: [{ path: join(host.folder, "torn.json") }] },
  ]);
  expect(readdirSync(host.folder)).toEqual(["torn.json"]);
});

test("a stop that was cut off is completed; one that cannot be says why, and keeps the VM", async () => {
  const host = await hostWith({ ...there, phase: "stopping" });
  expect(await stopVm("llm-a", patient, host)).toEqual({ kind: "stopped", name: "acme_llm-a" });
  await host.state.write({ ...there, phase: "stopping", via: "libvirt", uri: deadLibvirt });
  await codedError("hypervisor-failed", () => stopVm("llm-a", patient, host));
  expect(host.state.read().instances).toHaveLength(1);
});

test("a name that nobody has, and one that two tenants have, stop nothing", async () => {
  const other = qemuInstance({ ...plan, tenant: "zenith" });
  const host = await hostWith(there, other);
  const several = await codedError("vm-unknown", () => stopVm("llm-a", hasty, host));
  expect(several.expected).toBe("acme_llm-a, zenith_llm-a");
  const none = await codedError("vm-unknown", () => stopVm("acme_llm-b", hasty, host));
  expect(none.remedy).toBe("did you mean acme_llm-a?");
  expect(host.state.read().instances).toHaveLength(2);
});

test("a libvirt that does not answer hides no VM from the list", async () => {
  const host = await hostWith({ ...there, via: "libvirt", uri: deadLibvirt });
  expect(await listVms(host)).toMatchObject({
    vms: [{ name: "acme_llm-a", state: "unknown", pid: null }],
    damaged: [],
  });
  expect(host.said.at(-1)).toMatchObject({
    kind: "unanswered",
    name: "acme_llm-a",
    failure: { code: "hypervisor-failed" },
  });
});
