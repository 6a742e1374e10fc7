import type { Instance } from "@evenkeel/core/instance/instance.ts";
import { GiB } from "@evenkeel/core/unit/bytes.ts";
import { cpusOfPlan } from "@evenkeel/core/plan/plan.ts";
import { defaultHostPolicy } from "@evenkeel/core/request/host-policy.ts";
import { expect, test } from "vitest";
import { guestUuid } from "@evenkeel/core/guest/name.ts";
import { indices } from "@evenkeel/core/set/index-set.ts";
import { inventoryOf } from "@evenkeel/core/placement/inventory/inventory.ts";
import { occupancyOf } from "@evenkeel/core/placement/occupancy/occupancy-of-host.ts";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import { hostWith } from "../../testing/emulated-host.ts";
import { treeOf } from "../../testing/sysfs/tree-of.ts";
import {
  deadLibvirt,
  qemuInstance,
  type TestHost,
  testHost,
  testMachine,
} from "../../testing/vm-host.ts";
import { takenOn } from "./taken.ts";

const plan = planOf({ vm: "llm-a", tenant: "acme", cells: [{ cores: 1 }] });
const other = planOf({ vm: "llm-b", cells: [{ cores: 1 }] });

async function hostOf(given: Partial<Instance>): Promise<TestHost> {
  const host = await testHost({ tree: () => treeOf({}) });
  await host.state.write(qemuInstance(plan, given));
  await host.state.write(qemuInstance(other));
  return host;
}

test("a VM that is off leaves its place to a VM of its name alone", async () => {
  const host = await hostOf({});
  expect((await takenOn(null, [], host)).plans).toEqual([plan, other]);
  expect((await takenOn(plan, [], host)).plans).toEqual([other]);
  expect((await takenOn({ ...plan, tenant: null }, [], host)).plans).toEqual([plan, other]);
});

test.each(["starting", "stopping"] as const)(
  "a VM that is %s has its place, unless the command was cut off",
  async (phase) => {
    const host = await hostOf({ phase });
    const lock = await host.state.lockInstance("acme_llm-a");
    expect((await takenOn(plan, [], host)).plans).toEqual([plan, other]);
    expect(host.said.filter(({ kind }) => kind === "cut-off")).toEqual([
      { kind: "cut-off", vms: [] },
    ]);
    await lock?.release();
    // The next run undoes or completes it first.
    expect((await takenOn(plan, [], host)).plans).toEqual([other]);
    expect(host.said.findLast(({ kind }) => kind === "cut-off")).toMatchObject({
      vms: [{ name: "acme_llm-a", phase }],
    });
  },
);

test("a VM whose process runs has its place, whatever is recorded of it", async () => {
  const { name, uuid } = qemuInstance(plan);
  const tree = hostWith([{ pid: 400, name, uuid, vcpus: ["7"] }]);
  const host = { ...(await hostOf({ phase: "starting" })), tree: () => tree };
  expect((await takenOn(plan, [], host)).plans).toEqual([plan, other]);
});

test("a VM of which its libvirt does not tell whether it is off has its place", async () => {
  const host = await hostOf({ via: "libvirt", uri: deadLibvirt });
  expect((await takenOn(plan, [], host)).plans).toEqual([plan, other]);
});

test("a VM that runs by a plan that is given, and not recorded here, counts once", async () => {
  const given = planOf({ vm: "elsewhere", cells: [{ cores: 1, pageBytes: GiB }] });
  const parts = given.cells.flatMap((cell) => cell.memoryOnNodes);
  const memory = parts.map(({ node, bytes }) => ({ node, pageKiB: 1 << 20, pages: bytes / GiB }));
  const vcpus = indices(cpusOfPlan(given)).map(String);
  const made = { pid: 400, name: "elsewhere", uuid: guestUuid("elsewhere", null) };
  const running = (uid: number) => {
    const tree = hostWith([{ ...made, uid, vcpus, memory }]);
    return testHost({ tree: () => tree });
  };
  const host = await running(0);
  const { plans, held } = await takenOn(null, [given], host);
  expect(plans).toEqual([]);
  expect(held.map((one) => one.plan === given)).toEqual([true]);
  const inventory = inventoryOf(testMachine, defaultHostPolicy);
  const alone = occupancyOf(inventory, { taken: [given] });
  expect(occupancyOf(inventory, { taken: [given], held })).toEqual(alone);
  // Nobody says that it is this VM, and any user can say so.
  for (const strange of [
    await takenOn(null, [], host),
    await takenOn(null, [given], await running(1000)),
  ]) {
    expect(strange.held.map((one) => one.plan)).toEqual([null]);
  }
});
