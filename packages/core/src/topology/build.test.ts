import * as fc from "fast-check";
import { expect, test } from "vitest";
import { formatList } from "../set/list-format.ts";
import { indexSet } from "../set/index-set.ts";
import { buildTopology, type TopologyParts } from "./build.ts";
import { contradictions } from "./check.ts";
import type { PciDevice } from "./topology.ts";
import { unknownSettings } from "./unknown-settings.ts";

const pciDevice = (address: string): PciDevice => ({
  address,
  parent: null,
  root: "pci0000:00",
  class: "030200",
  vendor: "10de",
  device: "2330",
  node: null,
  iommuGroup: null,
  driver: null,
  link: null,
  barBytes: null,
  physicalFunction: null,
  ...unknownSettings,
});

test("Omitted facts are empty or unknown", () => {
  expect(buildTopology({ name: "bare", source: "synthetic" })).toEqual({
    unnumberedNodes: [],
    calibration: null,
    l3Caches: [],
    cacheAllocation: null,
    apiVersion: "evenkeel/v1",
    kind: "Topology",
    name: "bare",
    source: "synthetic",
    machine: { vendor: null, product: null, cpuModel: null, architecture: null, pageBytes: null },
    nodes: [],
    distances: null,
    access: [],
    cores: [],
    offlineCpus: "",
    pci: [],
    accelerators: [],
    nics: [],
    links: [],
    interconnects: [],
    partitions: [],
  });
});

test("Distances move with their nodes", () => {
  const { nodes, distances } = buildTopology({
    name: "swapped",
    source: "synthetic",
    nodes: [2, 0, 1].map((id) => ({ id, cpus: "", memoryBytes: 0, kind: null, hugepages: [] })),
    distances: [
      [10, 20, 21],
      [2, 10, 1],
      [12, 11, 10],
    ],
  });
  expect(nodes.map(({ id }) => id)).toEqual([0, 1, 2]);
  expect(distances).toEqual([
    [10, 1, 2],
    [11, 10, 12],
    [20, 21, 10],
  ]);
});

test("Cores, dies and caches are numbered by their lowest CPU, and find their node", () => {
  const cores = [
    { package: 1, die: 7, cluster: null, l3: 40, cpus: "3,1" },
    { package: 0, die: 9, cluster: null, l3: 30, cpus: "0,2" },
    { package: 1, die: 7, cluster: null, l3: null, cpus: "8" },
  ];
  const topology = buildTopology({
    name: "cores",
    source: "synthetic",
    nodes: [
      { id: 1, cpus: "1,3,8", memoryBytes: 0, kind: null, hugepages: [] },
      { id: 0, cpus: "0,2", memoryBytes: 0, kind: null, hugepages: [] },
    ],
    cores,
  });
  expect(topology.cores).toEqual([
    { id: 0, package: 0, die: 0, cluster: null, l3: 0, node: 0, class: null, cpus: "0,2" },
    { id: 1, package: 1, die: 1, cluster: null, l3: 1, node: 1, class: null, cpus: "1,3" },
    { id: 2, package: 1, die: 1, cluster: null, l3: null, node: 1, class: null, cpus: "8" },
  ]);
  expect(topology.nodes.map((node) => node.package)).toEqual([0, 1]);
  expect(contradictions(topology)).toEqual([]);
});

test("A node with CPUs of two packages, or of an unknown one, has no package", () => {
  const onePackage = (packages: readonly (number | null)[]): number | null | undefined =>
    buildTopology({
      name: "packages",
      source: "synthetic",
      nodes: [{ id: 0, cpus: "0-2", memoryBytes: 0, kind: null, hugepages: [] }],
      cores: packages.map((id, cpu) => {
        return { package: id, die: null, cluster: null, l3: null, cpus: `${cpu}` };
      }),
    }).nodes[0]?.package;
  expect(onePackage([3, 3, 3])).toBe(3);
  expect(onePackage([3, 4, 3])).toBeNull();
  expect(onePackage([null, 3, 3])).toBeNull();
  expect(onePackage([3, 3, null])).toBeNull();
});

test("Links start at the lower address", () => {
  const [a, b, c] = ["0000:1b:00.0", "0000:3b:00.0", "10000:01:00.0"] as const;
  const { pci, links } = buildTopology({
    name: "links",
    source: "synthetic",
    pci: [c, b, a].map(pciDevice),
    links: [
      { a: c, b, kind: "nvlink", lanes: 4 },
      { a: b, b: a, kind: "nvlink", lanes: 18 },
    ],
  });
  expect(pci.map(({ address }) => address)).toEqual([a, b, c]);
  expect(links).toEqual([
    { a, b, kind: "nvlink", lanes: 18 },
    { a: b, b: c, kind: "nvlink", lanes: 4 },
  ]);
});

test("The order in which things were found does not matter", () => {
  const machine = (order: <T>(items: readonly T[]) => T[]): TopologyParts => {
    const ids = order([0, 1, 2, 3]);
    return {
      name: "any",
      source: "synthetic",
      nodes: ids.map((id) => ({
        id,
        cpus: formatList(indexSet([id, id + 4])),
        memoryBytes: 1,
        kind: "dram" as const,
        hugepages: order([
          { sizeBytes: 2 ** 21, total: 0, free: 0 },
          { sizeBytes: 2 ** 30, total: 0, free: 0 },
        ]),
      })),
      distances: ids.map((from) => ids.map((to) => 10 + Math.abs(from - to))),
      cores: order([0, 1, 2, 3]).map((id) => ({
        package: id,
        die: id,
        cluster: id,
        l3: id,
        cpus: formatList(indexSet([id, id + 4])),
      })),
      pci: order(["0000:00:01.0", "0000:00:00.1", "0001:00:00.0"]).map(pciDevice),
    };
  };
  const expected = buildTopology(machine((items) => [...items]));
  expect(contradictions(expected)).toEqual([]);
  fc.assert(
    fc.property(fc.infiniteStream(fc.nat()), (random) => {
      const order = <T>(items: readonly T[]): T[] =>
        items
          .map((item) => ({ item, key: random.next().value }))
          .toSorted((x, y) => x.key - y.key)
          .map(({ item }) => item);
      expect(buildTopology(machine(order))).toEqual(expected);
    }),
  );
});

test("Interconnects that follow from the tree are not stated again", () => {
  const [a, b, c] = ["0000:01:00.0", "0000:02:00.0", "0000:03:00.0"] as const;
  const pci = [{ ...pciDevice(a), root: "pci0000:01" }, pciDevice(b), pciDevice(c)];
  const { interconnects } = buildTopology({
    name: "stated",
    source: "nvidia-smi",
    pci,
    interconnects: [
      { a: c, b: a, class: "SYS" },
      { a: b, b: c, class: "PHB" },
      { a: b, b: a, class: "NODE" },
    ],
  });
  expect(interconnects).toEqual([
    { a, b, class: "NODE" },
    { a, b: c, class: "SYS" },
  ]);
});

test("classes of cores are numbered from 0, the fastest first, and unknown ones stay unknown", () => {
  const parts = [7, null, 3, 7].map((of, cpu) => {
    return { package: 0, die: null, cluster: null, l3: null, class: of, cpus: `${cpu}` };
  });
  const { cores } = buildTopology({ name: "m", source: "test", cores: parts });
  expect(cores.map((core) => core.class)).toEqual([1, null, 0, 1]);
});
