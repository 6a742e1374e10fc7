import { expect, test } from "vitest";
import { asPlanned } from "../../../testing/evidence/as-planned.ts";
import { planOf } from "../../../testing/guest/plan-of.ts";
import { contractOf } from "../../guest/contract/from-guest.ts";
import { guestFromPlan } from "../../guest/from-plan.ts";
import { guestView } from "./guest-view.ts";

test("a node that the guest does not have is named", () => {
  const plan = planOf({ cells: [{ cores: 1 }, { cores: 1 }, { cores: 1 }] });
  const { guest } = asPlanned(plan);
  if (guest === null) throw new Error("no report");
  const report = { ...guest, nodes: (guest.nodes ?? []).filter(({ id }) => id !== 1) };
  const { findings } = guestView(contractOf(guestFromPlan(plan)), report);
  expect(findings.map(({ code, promised, found }) => [code, promised, found])).toEqual([
    ["vnuma-cells", "guest node 1", "the guest has no such node"],
  ]);
});
