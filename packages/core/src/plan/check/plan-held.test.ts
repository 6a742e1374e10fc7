import { expect, test } from "vitest";
import { planOf } from "../../../testing/guest/plan-of.ts";
import { stranger } from "../../../testing/plan/stranger.ts";
import { requestOf } from "../../../testing/request/requests.ts";
import { place } from "../../fleet/place.ts";
import { defaultHostPolicy } from "../../request/host-policy.ts";
import { formatList } from "../../set/list-format.ts";
import { syntheticTopology } from "../../topology/synthetic/build.ts";
import { GiB, MiB } from "../../unit/bytes.ts";
import type { HeldMemory, Holding } from "../holding.ts";
import { cpusOfPlan } from "../plan.ts";
import { beyondOwnPlan, heldFaults } from "./plan-held.ts";

const memory = (node: number, bytes: number) => [{ node, bytes }];
const plan = planOf({
  cells: [
    { cores: 1, pageBytes: GiB, memory: memory(0, 4 * GiB) },
    { cores: 1, pageBytes: GiB, memory: memory(0, 2 * GiB) },
    { cores: 1, pageBytes: 2 * MiB, memory: memory(1, GiB) },
  ],
});
const own = formatList(cpusOfPlan(plan));
const part = (node: number, pageBytes: number, bytes: number): HeldMemory => ({
  node,
  pageBytes,
  bytes,
});

test("huge pages beyond a VM's own plan count by node and size, and base pages not at all", () => {
  const beyond = (...held: HeldMemory[]) =>
    beyondOwnPlan(stranger({ plan, memory: held })).map((one) => one.memory);
  expect(beyond(part(0, GiB, 6 * GiB), part(1, 2 * MiB, GiB), part(0, 4096, GiB))).toEqual([]);
  expect(beyond(part(0, GiB, 7 * GiB), part(1, 2 * MiB, GiB))).toEqual([[part(0, GiB, GiB)]]);
  expect(beyond(part(1, GiB, GiB))).toEqual([[part(1, GiB, GiB)]]);
  expect(beyond(part(0, 2 * MiB, GiB))).toEqual([[part(0, 2 * MiB, GiB)]]);
});

test("vCPUs that may run on a CPU of their plan are not beyond it", () => {
  const beyond = (...cpus: readonly string[]) =>
    beyondOwnPlan(stranger({ plan, vcpus: cpus.map((list) => ({ count: 1, cpus: list })) }));
  expect(beyond(own, `${own},400-410`)).toEqual([]);
  expect(beyond(own, "400-410").map(({ vcpus }) => vcpus)).toEqual([
    [{ count: 1, cpus: "400-410" }],
  ]);
});

test("a VM without a plan is beyond it with all that it has", () => {
  const holding = stranger({ vcpus: [{ count: 1, cpus: own }], memory: [part(0, 4096, MiB)] });
  expect(beyondOwnPlan(holding)).toEqual([holding]);
});

test("a plan that has caches to itself has all of them to itself", () => {
  const topology = syntheticTopology("package:2 core:4 memory:32Gi distances:10/21");
  const asked = requestOf({ vcpus: 6, memoryBytes: GiB, hugepageBytes: null });
  // CPUs 0 and 4 are the host's.
  const reserved = { ...defaultHostPolicy.reserved, coresPerNode: 1 };
  const state = { topology, policy: { ...defaultHostPolicy, reserved }, taken: [] };
  const both = place([state], { ...asked, locality: "preferred", isolation: "l3" });
  if (both.kind === "Refusal") throw new Error("it does not fit");
  for (const cpus of ["0", "4"]) {
    const held = [stranger({ vcpus: [{ count: 1, cpus }] })];
    expect(heldFaults(both, { held, taken: [] }, topology).map(({ message }) => message)).toEqual([
      "may run where the plan is alone: l3",
    ]);
  }
});

test("a plan that has the host to itself has it beside no VM", () => {
  const topology = syntheticTopology("package:2 core:4 memory:32Gi distances:10/21");
  const alone = { ...plan, isolation: "host" } as const;
  const faults = (held: readonly Holding[]): readonly string[] =>
    heldFaults(alone, { held, taken: [] }, topology).map(({ subject }) => subject);
  expect(faults([])).toEqual([]);
  expect(faults([stranger()])).toEqual(["router"]);
});

test("a plan is in the way of vCPUs that could have a CPU each, and beside it could not", () => {
  const topology = syntheticTopology("core:6 memory:32Gi");
  const two = planOf({ cells: [{ cores: 2, pageBytes: GiB, memory: memory(0, GiB) }] });
  expect(formatList(cpusOfPlan(two))).toBe("2-5");
  const isInTheWay = (count: number, cpus: string): boolean => {
    const held = [stranger({ vcpus: [{ count, cpus }] })];
    const faults = heldFaults(two, { held, taken: [] }, topology);
    for (const fault of faults) expect(fault.message).toBe("needs CPUs that the plan takes");
    return faults.length > 0;
  };
  const counts = [1, 2, 3, 6, 7];
  expect(counts.filter((count) => isInTheWay(count, "0-5"))).toEqual([3, 6, 7]);
  expect(counts.filter((count) => isInTheWay(count, "1-2"))).toEqual([2, 3, 6, 7]);
  expect(counts.filter((count) => isInTheWay(count, "0-1"))).toEqual([]);
  expect(counts.filter((count) => isInTheWay(count, "2-5"))).toEqual(counts);
});

test("vCPUs of other VMs move to other CPUs of theirs before a plan is in their way", () => {
  const topology = syntheticTopology("core:6 memory:32Gi");
  // It takes the CPUs 2 to 5.
  const two = planOf({ cells: [{ cores: 2, pageBytes: GiB, memory: memory(0, GiB) }] });
  const inTheWay = (...lists: readonly string[]): readonly string[] => {
    const held = lists.map((cpus) => stranger({ name: cpus, vcpus: [{ count: 1, cpus }] }));
    return heldFaults(two, { held, taken: [] }, topology).map(({ subject }) => subject);
  };
  expect(inTheWay("0-1", "1-2")).toEqual([]);
  expect(inTheWay("1-2", "0-1")).toEqual([]);
  expect(inTheWay("0-1", "0")).toEqual([]);
  expect(inTheWay("0-1", "0", "1-2")).toEqual(["1-2"]);
  expect(inTheWay("1-2", "0-1", "0")).toEqual(["1-2"]);
  // Four of the six could have one each, and beside the plan two can.
  expect(inTheWay("0-1", "0", "0,1", "1,0,2", "3", "2-3")).toEqual(["1,0,2", "3", "2-3"]);
});
