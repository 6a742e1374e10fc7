import * as fc from "fast-check";
import { expect, test } from "vitest";
import { defaultHostPolicy, type HostPolicy } from "../request/host-policy.ts";
import { unionAll } from "../set/index-set.ts";
import { formatList, setOf } from "../set/list-format.ts";
import { syntheticTopology } from "../topology/synthetic/build.ts";
import type { Topology } from "../topology/topology.ts";
import { keptCpus } from "./check/kept-cpus.ts";
import { keptCores } from "./kept-cores.ts";

const policyOf = (coresPerNode: number | null, cpus: string | null = null): HostPolicy => ({
  ...defaultHostPolicy,
  reserved: { ...defaultHostPolicy.reserved, coresPerNode, cpus },
});

/** How many cores each node keeps, by ascending node. */
function keptOfNodes(topology: Topology, policy = policyOf(null)): number[] {
  const kept = keptCores(topology, policy);
  return topology.nodes.map(
    ({ id }) => topology.cores.filter((core) => core.node === id && kept.has(core.id)).length,
  );
}

test.each([
  ["a large node", "core:56", [1]],
  ["two sockets of large nodes", "package:2 core:8", [1, 1]],
  ["a large socket in quarters", "package:1 node:4 core:16", [1, 1, 1, 1]],
  ["a socket of two nodes of four, as a Threadripper 1900X", "package:1 node:2 core:4", [1, 0]],
  ["an L3 cache as a node", "package:1 node:8 core:6", [1, 1, 1, 1, 1, 1, 0, 0]],
  ["nodes of seven", "package:2 node:2 core:7", [1, 0, 1, 0]],
  ["a socket of seven cores", "package:1 core:7", [1]],
  ["two sockets of four cores", "package:2 core:4", [1, 0]],
  ["one core", "core:1", [1]],
  ["a large and a small node in a socket", "package:1 node:2 core:8 core:7@1", [1, 0]],
  ["a small node before a large one", "package:1 node:2 core:8 core:7@0", [0, 1]],
  ["small nodes beside a large one", "package:1 node:3 core:4 core:8@1", [1, 1, 0]],
  ["nodes without CPUs", "package:2 core:8 core:0@1 hbm:16Gi*1@0", [1, 0, 0]],
])("by default %s keeps its share", (_, machine, kept) => {
  expect(keptOfNodes(syntheticTopology(machine))).toEqual(kept);
});

test("the lowest core of a node is kept, as many as the policy says, or the CPUs that it names", () => {
  const machine = syntheticTopology("package:2 core:8 thread:2");
  expect([...keptCores(machine, policyOf(null))]).toEqual([0, 8]);
  expect([...keptCores(machine, policyOf(0))]).toEqual([]);
  expect([...keptCores(machine, policyOf(2))]).toEqual([0, 1, 8, 9]);
  // CPU 18 is the second thread of core 2.
  expect([...keptCores(machine, policyOf(null, "5,18"))]).toEqual([2, 5]);
  expect(keptOfNodes(syntheticTopology("package:2 core:2"), policyOf(3))).toEqual([2, 2]);
});

const machines = fc
  .record({
    packages: fc.integer({ min: 1, max: 3 }),
    nodes: fc.integer({ min: 1, max: 4 }),
    cores: fc.integer({ min: 1, max: 10 }),
    others: fc.array(fc.tuple(fc.nat(11), fc.nat(12)), { maxLength: 4 }),
    numbering: fc.constantFrom("split", "adjacent", "alternating"),
  })
  .map(({ packages, nodes, cores, others, numbering }) => {
    const exceptions = others
      .filter(([node]) => node > 0 && node < packages * nodes)
      .map(([node, own]) => ` core:${own}@${node}`);
    return `package:${packages} node:${nodes} core:${cores}${exceptions.join("")} numbering:${numbering}`;
  });

test("the checker of plans, on its own, finds the same cores", () => {
  fc.assert(
    fc.property(
      machines,
      fc.constantFrom(null, 0, 1, 3),
      fc.constantFrom(null, null, "0,3-5"),
      (machine, coresPerNode, cpus) => {
        const topology = syntheticTopology(machine);
        const policy = policyOf(coresPerNode, cpus);
        const kept = keptCores(topology, policy);
        const own = topology.cores.filter(({ id }) => kept.has(id)).map((core) => setOf(core.cpus));
        expect(formatList(keptCpus(topology, policy))).toBe(formatList(unionAll(own)));
        if (coresPerNode === null) expect(kept.size).toBeGreaterThan(0);
      },
    ),
    { numRuns: 500 },
  );
});
