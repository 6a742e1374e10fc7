import * as fc from "fast-check";
import { expect, test } from "vitest";
import { buildTopology } from "../topology/build.ts";
import { catalogMachine } from "../topology/catalog/catalog.ts";
import { smallTopology } from "../../testing/topology/arbitrary-machine.ts";
import type { Topology } from "../topology/topology.ts";
import { type NodeDistance, nodeDistances } from "./node-distance.ts";

function machine(
  packages: readonly (number | null)[],
  distances: readonly (readonly number[])[] | null,
  withoutCpus: readonly number[] = [],
): Topology {
  return buildTopology({
    name: "machine",
    source: "synthetic",
    nodes: packages.map((ofNode, id) => ({
      id,
      package: ofNode,
      cpus: withoutCpus.includes(id) ? "" : `${id}`,
      memoryBytes: 1,
      kind: null,
      hugepages: [],
    })),
    distances,
  });
}

function text({ class: kind, rank, slit }: NodeDistance): string {
  return `${kind} ${rank} ${slit}`;
}

test("packages give the class, distances the rank within it", () => {
  const distances = [
    [10, 12, 21, 31],
    [12, 10, 31, 21],
    [21, 31, 10, 13],
    [31, 21, 12, 10],
  ];
  const of = nodeDistances(machine([0, 0, 1, 1], distances));
  expect([0, 1, 2, 3].map((to) => text(of(0, to)))).toEqual([
    "local 0 10",
    "same-package 0 12",
    "remote 0 21",
    "remote 1 31",
  ]);
  expect(text(of(2, 3))).toBe("same-package 1 13");
  expect(text(of(3, 2))).toBe("same-package 0 12");
});

test("without packages, distances below 16 count as within one", () => {
  const distances = [
    [10, 15, 16],
    [15, 10, 16],
    [16, 16, 10],
  ];
  const of = nodeDistances(machine([null, null, null], distances));
  expect(text(of(0, 1))).toBe("same-package 0 15");
  expect(text(of(0, 2))).toBe("remote 0 16");
});

test("a node without CPUs is memory only, from either side", () => {
  const distances = [
    [10, 21, 17],
    [21, 10, 28],
    [17, 28, 10],
  ];
  const of = nodeDistances(machine([0, 1, null], distances, [2]));
  expect([of(0, 2), of(1, 2), of(2, 0), of(2, 2)].map(text)).toEqual([
    "memory-only 0 17",
    "memory-only 1 28",
    "memory-only 0 17",
    "local 0 10",
  ]);
});

test("without distances there are no ranks, and without packages no classes", () => {
  const of = nodeDistances(machine([0, 0, 1, null], null));
  expect([of(0, 0), of(0, 1), of(0, 2), of(0, 3)].map(text)).toEqual([
    "local null null",
    "same-package null null",
    "remote null null",
    "unknown null null",
  ]);
});

test("a node that is not there is at an unknown distance", () => {
  expect(text(nodeDistances(machine([0], [[10]]))(0, 7))).toBe("unknown null null");
});

test("firmware that chose other numbers in the same order gives the same classes and ranks", () => {
  fc.assert(
    fc.property(smallTopology, (topology) => {
      const doubled = topology.distances?.map((row) => row.map((slit) => slit * 2)) ?? null;
      // With an unknown package, only the number itself decides.
      const packages = topology.nodes.map((node, id) => ({ ...node, package: node.package ?? id }));
      const [a, b] = [topology.distances, doubled].map((distances) =>
        nodeDistances({ ...topology, nodes: packages, distances }),
      );
      for (const from of packages) {
        for (const to of packages) {
          const [before, after] = [a?.(from.id, to.id), b?.(from.id, to.id)];
          expect({ ...after, slit: null }).toEqual({ ...before, slit: null });
        }
      }
    }),
  );
});

test("NPS4 EPYCs have siblings and a far side, each at one rank", () => {
  const topology = catalogMachine("epyc-nps4");
  const of = nodeDistances(topology ?? machine([], null));
  expect(text(of(0, 3))).toBe("same-package 0 12");
  expect(text(of(0, 4))).toBe("remote 0 32");
});
