import { catalogMachine, catalogNames } from "@evenkeel/core/topology/catalog/catalog.ts";
import { interconnects } from "@evenkeel/core/topology/interconnect.ts";
import { smallTopology, wideTopology } from "@evenkeel/core/testing/topology/arbitrary-machine.ts";
import { withStatedInterconnects } from "@evenkeel/core/testing/topology/arbitrary-stated.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readNvidiaSmiTopo } from "./read-topo-matrix.ts";
import {
  nvidiaSmiTopoText,
  type TopoGeneration,
  topoGenerations,
} from "../../testing/nvidia-smi/write-topo-matrix.ts";

/** What is in each cell, by pairs, for any matrix whether a machine could be so or not. */
const arbitraryMatrix = fc.integer({ min: 1, max: 9 }).chain((gpus) =>
  fc.nat(4).chain((nics) => {
    const overPci = fc.constantFrom("PIX", "PXB", "PHB", "NODE", "SYS");
    const between = fc.oneof({ arbitrary: overPci, weight: 4 }, fc.constantFrom("NV4", "NV#"));
    const count = ((gpus + nics) * (gpus + nics - 1)) / 2;
    return fc.record({
      gpus: fc.constant(gpus),
      nics: fc.constant(nics),
      classes: fc.array(between, { minLength: count, maxLength: count }),
      nodes: fc.array(fc.constantFrom("0", "1", "N/A", "0-1"), {
        minLength: gpus,
        maxLength: gpus,
      }),
      captions: fc.constantFrom(
        ["CPU Affinity", "NUMA Affinity"],
        ["CPU Affinity", "NUMA Affinity", "GPU NUMA ID"],
        ["CPU Affinity"],
      ),
    });
  }),
);

test("every matrix is reproduced cell by cell", () => {
  fc.assert(
    fc.property(arbitraryMatrix, ({ gpus, nics, classes, nodes, captions }) => {
      const labels = [...Array(gpus + nics).keys()].map((i) =>
        i < gpus ? `GPU${i}` : `NIC${i - gpus}`,
      );
      const cell = (a: number, b: number): string => {
        if (a === b) return "X";
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const stated = classes[(high * (high - 1)) / 2 + low] ?? "";
        return high >= gpus && stated.startsWith("NV") ? "SYS" : stated;
      };
      const cells = labels.map((_, a) => labels.map((__, b) => cell(a, b)));
      const rows = labels.map((label, i) => {
        const fields = i < gpus ? ["0-7", nodes[i] ?? "", "N/A"].slice(0, captions.length) : [];
        return [label, ...(cells[i] ?? []), ...fields].join("\t");
      });
      const text = [`\t${[...labels, ...captions].join("\t")}`, ...rows].join("\n");
      const read = readNvidiaSmiTopo(text, "topo.txt");
      const addresses = [...read.accelerators, ...read.nics].map(({ address }) => address);
      const classOf = interconnects(read);
      expect(
        addresses.map((a) => addresses.map((b) => (a === b ? "X" : classOf(a, b)))),
        text,
      ).toEqual(cells);
    }),
    { numRuns: 500 },
  );
});

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
      return { was: classOne(a, b), is: classOther(otherA, otherB) };
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
  for (const { was, is } of pairs(topology, read)) {
    // What is not known is printed as SYS.
    expect(is, text).toBe(was ?? "SYS");
  }
  for (const [i, { address }] of topology.accelerators.entries()) {
    const [was, is] = [
      nodeOf(topology, address),
      nodeOf(read, read.accelerators[i]?.address ?? ""),
    ];
    if (generation === "soc") {
      expect(is, text).toBe(null);
      continue;
    }
    expect(is, text).toBe(was);
    // A node without CPUs is N/A in the text, which says nothing.
    const cpusOf = ({ nodes }: Topology): string | null =>
      nodes.find(({ id }) => id === was)?.cpus ?? null;
    expect(cpusOf(read), text).toBe(cpusOf(topology) === "" ? null : cpusOf(topology));
  }
}

/** The tool prints nothing where there is no GPU, and knows NVIDIA's links alone. */
const printable = ({ accelerators, links }: Topology): boolean =>
  accelerators.length > 0 && links.every(({ kind }) => kind === "nvlink");

const machines = fc.oneof(
  smallTopology,
  wideTopology,
  withStatedInterconnects(smallTopology),
  withStatedInterconnects(wideTopology),
);

test.each(topoGenerations)(
  "a matrix printed in the form of %s is read back unchanged",
  (generation) => {
    fc.assert(
      fc.property(machines.filter(printable), (topology) => {
        agrees(topology, generation);
      }),
      { numRuns: 150 },
    );
  },
);

test.each(catalogNames)(
  "the catalog's %s reads back unchanged, in the forms of all generations",
  (name) => {
    const topology = catalogMachine(name);
    if (topology === null || !printable(topology)) return;
    for (const generation of topoGenerations) agrees(topology, generation);
  },
);
