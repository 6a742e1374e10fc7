import { expect, test } from "vitest";
import { planOf } from "../../testing/guest/plan-of.ts";
import { stranger } from "../../testing/plan/stranger.ts";
import { formatList, setOf } from "../set/list-format.ts";
import { heldTwice } from "./held-twice.ts";
import type { HeldCpus } from "./holding.ts";
import { cpusOfPlan, functionsOf, type Plan } from "./plan.ts";

const address = "0000:1b:00.0";
const plan = planOf({ vm: "first", cells: [{ cores: 2, devices: [{ address }] }] });
const own = formatList(cpusOfPlan(plan));
const [cpu = "", next = ""] = own.split(/[-,]/);
const devices = plan.devices.flatMap(functionsOf);

test("what another VM holds of a plan is found, and what the plan's own VM holds is not", () => {
  const held = { vcpus: [{ count: 1, cpus: cpu }], devices };
  const other = planOf({ vm: "second", cells: [{ cores: 1, hostNode: 1 }] });
  const found = { holder: "router", pid: 4242, vm: "first", tenant: null, cpus: cpu, devices };
  expect(heldTwice([plan, other], [stranger(held)])).toMatchObject([found]);
  expect(heldTwice([plan, other], [stranger({ ...held, plan: other })])).toMatchObject([found]);
  expect(heldTwice([plan, other], [stranger({ ...held, plan })])).toEqual([]);
  expect(heldTwice([plan], [stranger({ devices })])).toMatchObject([{ cpus: "", devices }]);
  expect(heldTwice([plan], [stranger({ vcpus: held.vcpus, devices: ["0000:99:00.0"] })])).toEqual([
    expect.objectContaining({ cpus: cpu, devices: [] }),
  ]);
  expect(heldTwice([other], [stranger(held)])).toEqual([]);
});

test("vCPUs hold CPUs that must all be busy, and no others", () => {
  const cpusHeld = (vcpus: readonly HeldCpus[], of: Plan = plan): readonly string[] =>
    heldTwice([of], [stranger({ vcpus })]).map(({ cpus }) => cpus);
  const both = formatList(setOf(`${cpu},${next}`));
  expect(cpusHeld([{ count: 1, cpus: both }])).toEqual([]);
  expect(cpusHeld([{ count: 2, cpus: both }])).toEqual([both]);
  // Together they fill both, though the second alone would fill neither.
  expect(
    cpusHeld([
      { count: 1, cpus: cpu },
      { count: 1, cpus: both },
    ]),
  ).toEqual([both]);
  expect(cpusHeld([{ count: 1, cpus: "490" }])).toEqual([]);
});
