import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { place } from "@evenkeel/core/fleet/place.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import { defaultHostPolicy } from "@evenkeel/core/request/host-policy.ts";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import { requestOf } from "@evenkeel/core/testing/request/requests.ts";
import { expect, test } from "vitest";
import { hostWith } from "../../testing/emulated-host.ts";
import { codedError } from "../../testing/expect-error.ts";
import {
  deadLibvirt,
  qemuInstance,
  type TestHost,
  testHost,
  testMachine,
  testTime,
} from "../../testing/vm-host.ts";
import { adoptVm } from "./adopt.ts";
import { leaveVm } from "./leave.ts";
import { listVms } from "./list.ts";

/** libvirt's own test driver: within virsh, and one domain runs there that has no devices. */
const libvirtUri = "test:///default";
const program = "virsh";
const hasLibvirt = spawnSync(program, ["--connect", libvirtUri, "version"]).status === 0;
const policy = defaultHostPolicy;

/** A host on which one emulator runs, whatever runs on the machine of the tests. */
function hostOf(uri = deadLibvirt): Promise<TestHost> {
  const uuid = "3f0e6d3a-91a4-4a27-9d0b-5c2b1f6e7a88";
  const emulator = { pid: 400, name: "router", uuid, vcpus: ["7"] };
  const tree = hostWith([emulator]);
  return testHost({ tree: () => tree, libvirtUri: uri });
}

function planFor(name: string): Plan {
  const request = requestOf({ name, hugepageBytes: null });
  const placed = place([{ topology: testMachine, taken: [], policy }], request);
  if (placed.kind === "Refusal") throw new Error("a small VM fits on an empty machine");
  return placed;
}

test.skipIf(!hasLibvirt)(
  "a domain that runs is recorded by its plan with the clock's time, and left again",
  async () => {
    const host = await hostOf(libvirtUri);
    const plan = planFor("adopted");
    const { instance, verdict } = await adoptVm({ name: "test", plan, policy }, host);
    expect(instance).toMatchObject({
      name: "adopted",
      uri: libvirtUri,
      adopted: true,
      startedAt: testTime,
    });
    // The test driver runs no process, so nothing shows that the plan holds.
    expect(verdict).toMatchObject({ vm: "adopted", host: "two", takenAt: testTime, holds: false });
    const router = { name: "router", pid: 400 };
    const running = { name: "adopted", state: "running" };
    expect((await listVms(host)).vms).toMatchObject([running, router]);
    const again = { name: instance.uuid, plan: planFor("other"), policy };
    await codedError("vm-exists", () => adoptVm(again, host));
    expect(await leaveVm(instance.uuid, host)).toEqual(instance);
    expect(readdirSync(host.folder)).toEqual([]);
    const left = { name: "test", instance: null };
    expect((await listVms(host)).vms).toMatchObject([router, left]);
  },
);

test.skipIf(!hasLibvirt)("what the plan does not fit is not adopted", async () => {
  const host = await hostOf(libvirtUri);
  const devices = [{ address: "0000:1b:00.0" }];
  const withDevice = planOf({ vm: "llm-a", cells: [{ cores: 1, devices }] });
  const cases = [
    ["test", withDevice, "vm-unlike", "it has no 0000:1b:00.0"],
    [
      "test",
      planOf({ vm: "llm-a", cells: [{ cores: 1 }] }),
      "vm-unlike",
      "the plan is not legal here",
    ],
    ["tset", planFor("llm-a"), "vm-unknown", "libvirt has no VM of this name or UUID"],
  ] as const;
  for (const [name, plan, code, said] of cases) {
    const error = await codedError(code, () => adoptVm({ name, plan, policy }, host));
    expect(error.message).toContain(said);
  }
  expect(readdirSync(host.folder)).toEqual([]);
});

test("without an answer from libvirt nothing is adopted", async () => {
  const host = await hostOf();
  const vm = { name: "test", plan: planFor("llm-a"), policy };
  await codedError("hypervisor-failed", () => adoptVm(vm, host));
});

test("a VM that Evenkeel has started is stopped, not left", async () => {
  const host = await hostOf();
  await host.state.write(qemuInstance(planFor("llm-a")));
  const error = await codedError("usage", () => leaveVm("llm-a", host));
  expect(error.remedy).toBe("evenkeel stop llm-a");
});
