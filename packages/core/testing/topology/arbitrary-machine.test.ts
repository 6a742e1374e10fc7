import { knownPools } from "../../src/topology/node-facts.ts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { contradictions } from "../../src/topology/check.ts";
import type { Topology } from "../../src/topology/topology.ts";
import { smallTopology, wideTopology } from "./arbitrary-machine.ts";
import { sumOf } from "../../src/unit/sum.ts";

test("small machines stay small, wide ones wide, and both are consistent", () => {
  fc.assert(
    fc.property(smallTopology, (topology) => {
      expect(contradictions(topology)).toEqual([]);
      expect(topology.accelerators.length).toBeLessThanOrEqual(4);
      expect(topology.nodes.length).toBeLessThanOrEqual(4 + 2);
    }),
  );
  fc.assert(
    fc.property(wideTopology, (topology) => {
      expect(contradictions(topology)).toEqual([]);
      expect(topology.accelerators.length).toBeLessThanOrEqual(16);
      expect(topology.nodes.length).toBeLessThanOrEqual(8 + 2);
    }),
  );
});

const kinds: Readonly<Record<string, (topology: Topology) => boolean>> = {
  "a node without memory": ({ nodes }) => nodes.some((node) => node.memoryBytes === 0),
  "a node whose memory is unknown": ({ nodes }) => nodes.some((node) => node.memoryBytes === null),
  "a node without CPUs": ({ nodes }) => nodes.some((node) => node.cpus === ""),
  "a GPU of no known node": ({ pci }) => pci.some((d) => d.class === "030200" && d.node === null),
  "no distances": ({ distances }) => distances === null,
  "asymmetric distances": ({ distances }) =>
    distances !== null && distances.some((row, i) => row.some((d, j) => d !== distances[j]?.[i])),
  "offline CPUs": ({ offlineCpus }) => offlineCpus !== "",
  "one thread a core": ({ cores }) => cores.every(({ cpus }) => /^\d+$/.test(cpus)),
  "holes in the node numbers": ({ nodes }) => nodes.some((node, i) => node.id !== i),
  "an unknown L3": ({ cores }) => cores.some((core) => core.l3 === null),
  "an unknown number of free pages": ({ nodes }) =>
    nodes.some((node) => knownPools(node).some((pool) => pool.free === null)),
  "more huge pages on one node than another": ({ nodes }) =>
    new Set(nodes.map((node) => sumOf(knownPools(node), (pool) => pool.total))).size > 1,
  "a group of several devices": ({ pci }) =>
    new Set(pci.map((d) => d.iommuGroup)).size < pci.length && pci[0]?.iommuGroup !== null,
  "links of all pairs": ({ accelerators, links }) =>
    accelerators.length > 2 && links.length > accelerators.length / 2,
  partitions: ({ partitions }) => partitions.length > 0,
  "a link below its best": ({ pci }) =>
    pci.some(({ link }) => link !== null && link.width !== link.maxWidth),
};

test.each(Object.entries(kinds))("small machines have %s now and then", (_, holds) => {
  const found = fc.sample(smallTopology, { numRuns: 400, seed: 7 }).filter(holds);
  expect(found.length).toBeGreaterThan(4);
  expect(found.length).toBeLessThan(400);
});
