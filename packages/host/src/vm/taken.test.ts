import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import { expect, test } from "vitest";
import { hostWith } from "../../testing/emulated-host.ts";
import { treeOf } from "../../testing/sysfs/tree-of.ts";
import { deadLibvirt, qemuInstance, type TestHost, testHost } from "../../testing/vm-host.ts";
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
  expect((await takenOn(null, host)).plans).toEqual([plan, other]);
  expect((await takenOn(plan, host)).plans).toEqual([other]);
  expect((await takenOn({ ...plan, tenant: null }, host)).plans).toEqual([plan, other]);
});

test.each(["starting", "stopping"] as const)(
  "a VM that is %s has its place, unless the command was cut off",
  async (phase) => {
    const host = await hostOf({ phase });
    const lock = await host.state.lockInstance("acme_llm-a");
    expect((await takenOn(plan, host)).plans).toEqual([plan, other]);
    expect(host.said.filter(({ kind }) => kind === "cut-off")).toEqual([
      { kind: "cut-off", vms: [] },
    ]);
    await lock?.release();
    // The next run undoes or completes it first.
    expect((await takenOn(plan, host)).plans).toEqual([other]);
    expect(host.said.findLast(({ kind }) => kind === "cut-off")).toMatchObject({
      vms: [{ name: "acme_llm-a", phase }],
    });
  },
);

test("a VM whose process runs has its place, whatever is recorded of it", async () => {
  const { name, uuid } = qemuInstance(plan);
  const tree = hostWith([{ pid: 400, name, uuid, vcpus: ["7"] }]);
  const host = { ...(await hostOf({ phase: "starting" })), tree: () => tree };
  expect((await takenOn(plan, host)).plans).toEqual([plan, other]);
});

test("a VM of which its libvirt does not tell whether it is off has its place", async () => {
  const host = await hostOf({ via: "libvirt", uri: deadLibvirt });
  expect((await takenOn(plan, host)).plans).toEqual([plan, other]);
});
