import { catalogMachine, catalogNames } from "@evenkeel/core/topology/catalog/catalog.ts";
import { interconnects } from "@evenkeel/core/topology/interconnect.ts";
import { isStandInNode } from "@evenkeel/core/topology/stand-in.ts";
import { smallTopology, wideTopology } from "@evenkeel/core/topology/testing/arbitrary-machine.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readNvidiaSmiTopo } from "./read-topo-matrix.ts";
import {
  nvidiaSmiTopoText,
  type TopoGeneration,
  topoGenerations,
} from "./testing/write-topo-matrix.ts";

const nodeOf = (topology: Topology, address: string): number | null =>
  topology.pci.find((device) => device.address === address)?.node ?? null;

/** All pairs of devices, accelerators before NICs, each with both readings' class. */
function pairs(one: Topology, other: Topology) {
  const [mine, theirs] = [one, other].map(({ accelerators, nics }) =>
    [...accelerators, ...nics].map(({ address }) => address),
  );
  const [classOne, classOther] = [interconnects(one), interconnects(other)];
  return (mine ?? []).flatMap((a, i) =>
    (mine ?? []).slice(0, i).map((b, j) => {
      const [otherA, otherB] = [theirs?.[i] ?? "", theirs?.[j] ?? ""];
      const nodes = [nodeOf(one, a), nodeOf(one, b)];
      return { was: classOne(a, b), is: classOther(otherA, otherB), nodes };
    }),
  );
}

/** A machine whose devices all have their nodes is read back whole. */
function agrees(topology: Topology, generation: TopoGeneration): void {
  const text = nvidiaSmiTopoText(topology, generation);
  const read = readNvidiaSmiTopo(text, "topo.txt");
  expect(read.accelerators).toHaveLength(topology.accelerators.length);
  expect(read.nics.map(({ name }) => name)).toEqual(topology.nics.map(({ name }) => name));
  expect(read.links.map(({ kind, lanes }) => [kind, lanes])).toEqual(
    topology.links.map(({ kind, lanes }) => [kind, lanes]),
  );
  for (const { was, is, nodes } of pairs(topology, read)) {
    // What has no node is printed as SYS, and that is said again only where nodes are known.
    if (was !== null) expect(is, text).toBe(was);
    else expect(nodes, text).toContain(null);
  }
  for (const [i, { address }] of topology.accelerators.entries()) {
    const [was, is] = [
      nodeOf(topology, address),
      nodeOf(read, read.accelerators[i]?.address ?? ""),
    ];
    if (generation === "soc") {
      expect(is === null || isStandInNode(is), text).toBe(true);
      continue;
    }
    expect(is, text).toBe(was);
    const cpusOf = ({ nodes }: Topology): string | undefined =>
      nodes.find(({ id }) => id === was)?.cpus;
    expect(cpusOf(read), text).toBe(cpusOf(topology));
  }
}

/** The tool prints nothing where there is no GPU, and knows NVIDIA's links alone. */
const printable = ({ accelerators, links }: Topology): boolean =>
  accelerators.length > 0 && links.every(({ kind }) => kind === "nvlink");

test.each(topoGenerations)("what is printed as %s is read back as it was", (generation) => {
  fc.assert(
    fc.property(fc.oneof(smallTopology, wideTopology).filter(printable), (topology) => {
      agrees(topology, generation);
    }),
    { numRuns: 150 },
  );
});

test.each(catalogNames)("the catalog's %s is read back as it was, in all generations", (name) => {
  const topology = catalogMachine(name);
  if (topology === null || !printable(topology)) return;
  for (const generation of topoGenerations) agrees(topology, generation);
});
