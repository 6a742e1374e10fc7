import { expect, test } from "vitest";
import { defaultHostPolicy } from "@evenkeel/core/request/host-policy.ts";
import { catalogMachine, catalogNames } from "@evenkeel/core/topology/catalog/catalog.ts";
import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import { gpusOf } from "../fleet/host.ts";
import { policies } from "../policy/policies.ts";
import { simulate } from "../run/simulate.ts";
import { hostShapeOf } from "./host-shape.ts";
import { catalogScenario, fleetScenario } from "./scenario.ts";

test("the shape of a host has the cores, pages and accelerators that can be sold on each node", () => {
  const machine = syntheticTopology(
    "package:2 core:4 thread:2 memory:32Gi hugepages:20x1Gi root*2[gpu:h100-sxm]",
    "small",
  );
  expect(hostShapeOf(machine, defaultHostPolicy)).toEqual({
    model: "H100 SXM5 80GB",
    // One core for every eight is kept, on the lowest node.
    nodes: [3000, 4000].map((cpuMilli) => ({ cpuMilli, memoryMib: 20_480, gpus: 2 })),
  });
  const base = syntheticTopology("package:1 core:4 memory:32Gi root[gpu:h100-sxm]", "small");
  expect(hostShapeOf(base, defaultHostPolicy).nodes).toEqual([
    { cpuMilli: 3000, memoryMib: 28_672, gpus: 1 },
  ]);
});

test.each(catalogNames)(
  "on a fleet of %s every policy places VMs, and policies that know nodes keep all signatures",
  (name) => {
    const machine = catalogMachine(name);
    if (machine === null) throw new Error(`no ${name}`);
    const scenario = catalogScenario(machine, 6);
    expect(scenario.hosts.map(gpusOf)).toEqual(
      Array.from({ length: 6 }, () => machine.accelerators.length),
    );
    const arrivals = scenario.arrivals(3);
    expect(scenario.arrivals(3)).toEqual(arrivals);
    expect(scenario.arrivals(4)).not.toEqual(arrivals);
    const asked = arrivals.reduce(
      (sum, { task, at, leaves }) => sum + task.gpus * ((leaves ?? at) - at),
      0,
    );
    // The load is 1.1; the bounds allow for the randomness of some hundred arrivals.
    expect(asked / (6 * machine.accelerators.length)).toBeGreaterThan(0.6);
    expect(asked / (6 * machine.accelerators.length)).toBeLessThan(1.7);
    for (const policy of policies) {
      const outcome = simulate(scenario, policy, 3);
      expect(outcome.placed).toBeGreaterThan(0);
      expect(outcome.meanShare).toBeGreaterThan(0.4);
      if (policy.knowsNodes) expect(outcome.inSignature).toBe(outcome.placed);
    }
  },
);

test("a machine without accelerators is refused", () => {
  const machine = syntheticTopology("package:1 core:4 memory:32Gi", "bare");
  expect(() => catalogScenario(machine, 2)).toThrow("no accelerators");
});

test("a fleet of one type is the catalog's; of two, each is asked for by its GPUs and its model", () => {
  const machineOf = (name: string) => {
    const topology = catalogMachine(name);
    if (topology === null) throw new Error(`no ${name}`);
    return { topology, policy: defaultHostPolicy };
  };
  const h100 = machineOf("hgx-h100");
  const one = fleetScenario("mine", [h100, h100, h100]);
  const same = catalogScenario(h100.topology, 3);
  expect(one.hosts).toEqual(same.hosts);
  expect(one.arrivals(3)).toEqual(
    same.arrivals(3).map((arrival) => {
      const models = arrival.task.gpus === 0 ? null : ["H100 SXM5 80GB"];
      return { ...arrival, task: { ...arrival.task, models } };
    }),
  );
  expect(one.ownPolicies.map(({ name }) => name)).toEqual(["solver"]);
  const two = fleetScenario("mine", [h100, machineOf("l40s-pcie"), h100]);
  expect(two.ownPolicies).toEqual([]);
  const sharesOf = (model: string): number =>
    two.demand.reduce(
      (sum, { task, share }) => sum + (task.models?.includes(model) === true ? share : 0),
      0,
    );
  expect(sharesOf("H100 SXM5 80GB") / sharesOf("L40S")).toBeCloseTo(2, 1);
  for (const policy of policies) expect(simulate(two, policy, 3).placed).toBeGreaterThan(0);
  const bare = syntheticTopology("package:1 core:4 memory:32Gi", "bare");
  expect(() => fleetScenario("mine", [{ ...h100, topology: bare }])).toThrow("no accelerators");
});
