import * as fc from "fast-check";
import { expect, test } from "vitest";
import { planFaults } from "@evenkeel/core/plan/check/plan-check.ts";
import { defaultHostPolicy } from "@evenkeel/core/request/host-policy.ts";
import { accelerators, requestOf } from "@evenkeel/core/testing/request/requests.ts";
import { catalogMachine, catalogNames } from "@evenkeel/core/topology/catalog/catalog.ts";
import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import { smallTopology } from "@evenkeel/core/testing/topology/arbitrary-machine.ts";
import { GiB } from "@evenkeel/core/unit/bytes.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import { ordinaryStack } from "./ordinary-stack.ts";
import { compareTwins, twinRequest } from "./twins.ts";

test("the ordinary stack takes the first free devices, and memory by first touch", () => {
  const topology = syntheticTopology(
    "package:2 core:4 thread:1 memory:32Gi hugepages:20x1Gi distances:10/21 root*2[gpu:h100-sxm]",
  );
  const request = requestOf({ accelerators: accelerators(1), memoryBytes: 15 * GiB });
  const started = ordinaryStack(topology, [
    request,
    request,
    request,
    { ...request, memoryBytes: GiB },
  ]);
  const [first, second, third] = topology.accelerators.map(({ address }) => address);
  const gib = (
    parts: readonly { node: number; bytes: number }[] | undefined,
  ): string[] | undefined => parts?.map(({ node, bytes }) => `${bytes / GiB} on ${node}`);
  expect(started.map((vm) => vm && [vm.accelerators, vm.startNode, gib(vm.memoryOnNodes)])).toEqual(
    [
      [[first], 0, ["15 on 0"]],
      [[second], 1, ["15 on 1"]],
      // Each node has 5 GiB left: no node has room for 15.
      null,
      [[third], 0, ["1 on 0"]],
    ],
  );
  expect(started[0]?.placed.cells[0]?.vcpuNodes).toEqual([
    { node: 0, share: 0.5 },
    { node: 1, share: 0.5 },
  ]);
});

test("memory that does not fit on the start node comes from the nearest node", () => {
  const topology = syntheticTopology(
    "package:2 node:2 core:4 thread:1 memory:32Gi hugepages:10x1Gi distances:10/12/32",
  );
  const [vm] = ordinaryStack(topology, [requestOf({ memoryBytes: 15 * GiB })]);
  expect(vm?.memoryOnNodes.map(({ node }) => node)).toEqual([0, 1]);
});

test.each(catalogNames)(
  "on %s Evenkeel's two VMs are twins with a slowdown of 1, and the ordinary stack's are no faster",
  (name) => {
    const topology = catalogMachine(name);
    if (topology === null) throw new Error("no such machine");
    const request = twinRequest(topology, defaultHostPolicy);
    const comparison = request && compareTwins(topology, defaultHostPolicy, request);
    if (comparison === null) throw new Error("no room for twins");
    const [a, b] = comparison.plans;
    expect(a?.signature).toBe(b?.signature);
    for (const [i, plan] of comparison.plans.entries()) {
      const taken = comparison.plans.slice(0, i);
      expect(planFaults(plan, { topology, taken, policy: defaultHostPolicy })).toEqual([]);
      expect(plan.cost.slowdown).toBe(1);
      expect(comparison.ordinary[i]?.cost.slowdown).toBeGreaterThanOrEqual(1);
    }
  },
);

test("the layers add up to the slowdown", () => {
  for (const name of catalogNames) {
    const topology = catalogMachine(name);
    const request = topology && twinRequest(topology, defaultHostPolicy);
    const comparison = topology && request && compareTwins(topology, defaultHostPolicy, request);
    for (const [i, { cost }] of comparison?.ordinary.entries() ?? []) {
      const added = comparison?.layers.flatMap(({ added: of }) => (of === null ? [] : at(of, i)));
      expect(added?.reduce((sum, part) => sum + part, 1)).toBeCloseTo(cost.slowdown, 3);
    }
  }
});

test("on any machine two VMs of the request fit, or there is no comparison", () => {
  fc.assert(
    fc.property(smallTopology, (topology) => {
      const request = twinRequest(topology, defaultHostPolicy);
      if (request === null) return;
      const comparison = compareTwins(topology, defaultHostPolicy, request);
      if (comparison !== null) expect(comparison.plans.length).toBe(2);
    }),
  );
});
