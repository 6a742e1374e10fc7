import { guestUuid } from "@evenkeel/core/guest/name.ts";
import { occupancyOf } from "@evenkeel/core/placement/occupancy/occupancy-of-host.ts";
import { inventoryOf } from "@evenkeel/core/placement/inventory/inventory.ts";
import { cpusOfPlan } from "@evenkeel/core/plan/plan.ts";
import { indices } from "@evenkeel/core/set/index-set.ts";
import { defaultHostPolicy } from "@evenkeel/core/request/host-policy.ts";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import { GiB } from "@evenkeel/core/unit/bytes.ts";
import { expect, test } from "vitest";
import { hostWith } from "../../testing/emulated-host.ts";
import { testHost, testMachine } from "../../testing/vm-host.ts";
import { takenOn } from "./taken.ts";

test("a VM that runs by a plan that is given, and not recorded here, counts once", async () => {
  const plan = planOf({ vm: "elsewhere", cells: [{ cores: 1, pageBytes: GiB }] });
  const parts = plan.cells.flatMap((cell) => cell.memoryOnNodes);
  const memory = parts.map(({ node, bytes }) => ({ node, pageKiB: 1 << 20, pages: bytes / GiB }));
  const vcpus = indices(cpusOfPlan(plan)).map(String);
  const made = { pid: 400, name: "elsewhere", uuid: guestUuid("elsewhere", null) };
  const hostOf = (uid: number) => {
    const tree = hostWith([{ ...made, uid, vcpus, memory }]);
    return testHost({ tree: () => tree });
  };
  const host = await hostOf(0);
  const { plans, held } = await takenOn(host, [plan]);
  expect(plans).toEqual([]);
  expect(held.map((one) => one.plan === plan)).toEqual([true]);
  const inventory = inventoryOf(testMachine, defaultHostPolicy);
  const alone = occupancyOf(inventory, { taken: [plan] });
  expect(occupancyOf(inventory, { taken: [plan], held })).toEqual(alone);
  // Nobody says that it is this VM, and any user can say so.
  for (const strange of [await takenOn(host), await takenOn(await hostOf(1000), [plan])]) {
    expect(strange.held.map((one) => one.plan)).toEqual([null]);
  }
});
