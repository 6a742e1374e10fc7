import * as fc from "fast-check";
import { expect, test } from "vitest";
import { EvenkeelError } from "../error/evenkeel-error.ts";
import { checkedTopology, contradictions } from "./check.ts";
import { syntheticTopology } from "./synthetic/build.ts";
import { detailedTopology } from "../../testing/topology/arbitrary-details.ts";
import type { Core, MemoryNode, PciDevice, Topology } from "./topology.ts";

const sound = syntheticTopology(
  `package:2 core:2 thread:2 memory:8Gi hugepages:4x1Gi,8x2Mi offline:7 distances:10/21
   root[switch[gpu:h100-sxm nic:cx7]] nvlink:18 partitions:0-1;0`,
);

function withNode(at: number, change: Partial<MemoryNode>): Topology {
  return {
    ...sound,
    nodes: sound.nodes.map((node, i) => (i === at ? { ...node, ...change } : node)),
  };
}

function withCore(at: number, change: Partial<Core>): Topology {
  return {
    ...sound,
    cores: sound.cores.map((core, i) => (i === at ? { ...core, ...change } : core)),
  };
}

function withPci(at: number, change: Partial<PciDevice>): Topology {
  return { ...sound, pci: sound.pci.map((one, i) => (i === at ? { ...one, ...change } : one)) };
}

const part = (memoryBytes: number) => ({ profile: null, uuid: null, memoryBytes });
const [gpu = "", other = ""] = sound.accelerators.map(({ address }) => address);
const [link] = sound.links;
if (link === undefined) throw new Error("the machine of these tests has links");
const access = { initiator: 0, target: 1, readLatencyNs: 90, readBytesPerSecond: 1e11 } as const;

const cache = { id: 0, sizeBytes: 1 << 20, ways: 16, kernelId: null };
const allocation = {
  classes: 15,
  ways: "0-10",
  sharedWays: "9-10",
  waysMin: 1,
  bandwidthClasses: null,
};

const mutations: readonly (readonly [string, Topology, string, string])[] = [
  [
    "a cache of half a byte",
    withNode(0, { sideCacheBytes: 0.5 }),
    "nodes[0].sideCacheBytes",
    "bytes",
  ],
  [
    "a cache that no core is below",
    { ...sound, l3Caches: [{ ...cache, id: 2 }] },
    "l3Caches[0].id",
    "no core has L3 2",
  ],
  [
    "a cache that is told of twice",
    { ...sound, l3Caches: [cache, cache] },
    "l3Caches",
    "without repetition",
  ],
  [
    "a cache of half a way",
    { ...sound, l3Caches: [{ ...cache, ways: 0.5 }] },
    "l3Caches[0]",
    "integers",
  ],
  [
    "ways that are shared and do not exist",
    { ...sound, cacheAllocation: { ...allocation, sharedWays: "10-11" } },
    "cacheAllocation.sharedWays",
    "not all among",
  ],
  [
    "ways that are no list",
    { ...sound, cacheAllocation: { ...allocation, ways: "7ff" } },
    "cacheAllocation.ways",
    "canonical list",
  ],
  [
    "fewer than no classes",
    { ...sound, cacheAllocation: { ...allocation, classes: -1 } },
    "cacheAllocation",
    "integers",
  ],
  [
    "interrupts to what is no list",
    withPci(0, { interrupts: { allowedCpus: "1,0", effectiveCpus: null } }),
    "pci[0].interrupts.allowedCpus",
    "canonical list",
  ],
  [
    "interrupts that go to what is no list",
    withPci(0, { interrupts: { allowedCpus: "0", effectiveCpus: "all" } }),
    "pci[0].interrupts.effectiveCpus",
    "canonical list",
  ],
  [
    "an interconnect of a device that does not exist",
    { ...sound, interconnects: [{ a: gpu, b: "0000:ff:00.0", class: "SYS" }] },
    "interconnects[0]",
    "0000:ff:00.0 does not exist",
  ],
  [
    "an interconnect from the higher address",
    { ...sound, interconnects: [{ a: other, b: gpu, class: "SYS" }] },
    "interconnects[0]",
    "lower address",
  ],
  [
    "an interconnect of one device",
    { ...sound, interconnects: [{ a: gpu, b: gpu, class: "SYS" }] },
    "interconnects[0]",
    "names a device twice",
  ],
  [
    "two interconnects of one pair",
    {
      ...sound,
      interconnects: [
        { a: gpu, b: other, class: "SYS" },
        { a: gpu, b: other, class: "PHB" },
      ],
    },
    "interconnects[1]",
    "repeats a pair",
  ],
  ["node order", { ...sound, nodes: sound.nodes.toReversed() }, "nodes", "ids must ascend"],
  ["a node twice", withNode(1, { id: 0, cpus: "2-3,6" }), "nodes", "ids must ascend"],
  ["a negative node", withNode(0, { id: -1 }), "nodes[0].id", "integer from 0"],
  [
    "a CPU on two nodes",
    withNode(1, { cpus: "1-3,6" }),
    "nodes[1].cpus",
    "CPUs 1 are on two nodes",
  ],
  ["a list that is none", withNode(0, { cpus: "0-1;4" }), "nodes[0].cpus", "not a canonical list"],
  [
    "a list out of order",
    withNode(0, { cpus: "4-5,0-1" }),
    "nodes[0].cpus",
    "not a canonical list",
  ],
  ["half a byte", withNode(0, { memoryBytes: 0.5 }), "nodes[0].memoryBytes", "integer of bytes"],
  ["less than no memory", withNode(0, { memoryBytes: -1 }), "nodes[0].memoryBytes", "from 0"],
  [
    "page sizes out of order",
    withNode(0, { hugepages: sound.nodes[0]?.hugepages?.toReversed() ?? [] }),
    "nodes[0].hugepages",
    "sizes must ascend",
  ],
  [
    "pages of no size",
    withNode(0, { hugepages: [{ sizeBytes: 0, total: 1, free: 1 }] }),
    "nodes[0].hugepages[0]",
    "integers from 0",
  ],
  [
    "less than no free pages",
    withNode(0, { hugepages: [{ sizeBytes: 4096, total: 1, free: -1 }] }),
    "nodes[0].hugepages[0]",
    "integers from 0",
  ],
  ["a row too few", { ...sound, distances: [[10, 21]] }, "distances", "2 rows of 2"],
  [
    "a column too many",
    {
      ...sound,
      distances: [
        [10, 21, 9],
        [21, 10],
      ],
    },
    "distances",
    "2 rows of 2",
  ],
  [
    "no distance at all",
    {
      ...sound,
      distances: [
        [10, 0],
        [21, 10],
      ],
    },
    "distances",
    "positive",
  ],
  [
    "access to no node",
    { ...sound, access: [{ ...access, target: 9, basis: "hmat" }] },
    "access[0]",
    "does not exist",
  ],
  [
    "access in no time",
    { ...sound, access: [{ ...access, readLatencyNs: 0, basis: "measured" }] },
    "access[0]",
    "must be positive",
  ],
  [
    "endless bandwidth",
    { ...sound, access: [{ ...access, readBytesPerSecond: Infinity, basis: "hmat" }] },
    "access[0]",
    "must be positive",
  ],
  ["a core's number", withCore(1, { id: 7 }), "cores[1].id", "its position"],
  ["a core without CPUs", withCore(1, { cpus: "" }), "cores[1].cpus", "no online CPU"],
  ["a CPU in two cores", withCore(1, { cpus: "0,5" }), "cores[1].cpus", "CPUs 0 are in two cores"],
  ["a core on no node", withCore(0, { node: 5 }), "cores[0].node", "node 5 does not exist"],
  ["a core on another node", withCore(0, { node: 1 }), "cores[0].cpus", "not on node 1"],
  ["an offline CPU in a core", { ...sound, offlineCpus: "0,7" }, "offlineCpus", "in cores too"],
  ["a CPU in no core", { ...sound, cores: sound.cores.slice(0, 3) }, "nodes", "in no core"],
  ["PCI order", { ...sound, pci: sound.pci.toReversed() }, "pci", "must ascend"],
  ["a short address", withPci(0, { address: "00:01.0" }), "pci[0].address", "not a full address"],
  ["an address in capitals", withPci(4, { address: "0000:1A:00.0" }), "pci[4].address", "full"],
  ["a class", withPci(0, { class: "bridge" }), "pci[0].class", "hexadecimal"],
  ["a device on no node", withPci(0, { node: 5 }), "pci[0].node", "node 5 does not exist"],
  ["half a BAR", withPci(0, { barBytes: [0.5] }), "pci[0].barBytes", "integers of bytes"],
  [
    "a bridge that does not exist",
    withPci(4, { parent: "0000:ff:00.0" }),
    "pci[4].parent",
    "does not exist",
  ],
  ["another root than its bridge's", withPci(4, { root: "pci0000:99" }), "pci[4].root", "differs"],
  [
    "a bridge below itself",
    withPci(0, { parent: sound.pci[1]?.address ?? "" }),
    "pci",
    "is below itself",
  ],
  [
    "an accelerator that is no device",
    {
      ...sound,
      accelerators: sound.accelerators.map((one) => ({ ...one, address: "0000:ff:00.0" })),
    },
    "accelerators",
    "0000:ff:00.0 does not exist",
  ],
  [
    "an accelerator twice",
    { ...sound, accelerators: [...sound.accelerators, ...sound.accelerators.slice(1)] },
    "accelerators",
    "twice",
  ],
  ["a NIC twice", { ...sound, nics: [...sound.nics, ...sound.nics] }, "nics", "twice"],
  [
    "more instances than an accelerator has",
    {
      ...sound,
      accelerators: sound.accelerators.map((one) => ({
        ...one,
        instances: Array.from({ length: 65 }, () => part(1)),
      })),
    },
    "accelerators[0].instances",
    "more than any accelerator has",
  ],
  [
    "an instance with half a byte",
    {
      ...sound,
      accelerators: sound.accelerators.map((one) => ({ ...one, instances: [part(0.5)] })),
    },
    "accelerators[0].instances",
    "integers of bytes",
  ],
  ["a link to no accelerator", { ...sound, accelerators: [] }, "links[0]", "does not exist"],
  ["a link of a GPU to itself", { ...sound, links: [{ ...link, b: gpu }] }, "links[0]", "twice"],
  [
    "a link from the higher",
    { ...sound, links: [{ ...link, a: other, b: gpu }] },
    "links[0]",
    "lower",
  ],
  ["a link twice", { ...sound, links: [link, link] }, "links[1]", "repeats a pair"],
  [
    "a link without lanes",
    { ...sound, links: [{ ...link, lanes: 0 }] },
    "links[0].lanes",
    "positive",
  ],
  [
    "a partition of strangers",
    { ...sound, partitions: [{ id: 0, accelerators: ["0000:ff:00.0"], active: null }] },
    "partitions[0].accelerators",
    "does not exist",
  ],
  [
    "a partition's number twice",
    { ...sound, partitions: sound.partitions.map((one) => ({ ...one, id: 3 })) },
    "partitions",
    "repeat an id",
  ],
];

test.each(mutations)("%s is found", (_, mutated, path, message) => {
  const found = contradictions(mutated);
  expect(found.some((one) => one.path === path && one.message.includes(message))).toBe(true);
});

test("a sound machine passes, however odd", () => {
  expect(contradictions(sound)).toEqual([]);
  fc.assert(
    fc.property(detailedTopology, (machine) => {
      expect(contradictions(machine)).toEqual([]);
    }),
  );
});

test("unknown facts contradict nothing", () => {
  const unknown: Topology = {
    ...sound,
    distances: null,
    nodes: sound.nodes.map((node) => ({ ...node, package: null, memoryBytes: null, kind: null })),
    cores: sound.cores.map((core) => ({ ...core, package: null, die: null, l3: null, node: null })),
    pci: sound.pci.map((one) => ({
      ...one,
      node: null,
      iommuGroup: null,
      driver: null,
      link: null,
      barBytes: null,
      class: one.class.slice(0, 4),
    })),
    links: sound.links.map((one) => ({ ...one, lanes: null })),
  };
  expect(contradictions(unknown)).toEqual([]);
  expect(contradictions({ ...sound, cores: [], offlineCpus: "" })).toEqual([]);
});

test("a contradictory topology is refused with its source and the number of contradictions", () => {
  const bad = { ...withNode(0, { memoryBytes: -1 }), distances: [] };
  const refuse = (): Topology => checkedTopology(bad, "host7.json");
  expect(refuse).toThrow(EvenkeelError);
  try {
    refuse();
  } catch (error) {
    expect(error).toMatchObject({
      code: "topology-inconsistent",
      message: "nodes[0].memoryBytes: must be an integer of bytes from 0 (and 1 more like it)",
      where: "host7.json",
    });
  }
  expect(checkedTopology(sound, "here")).toBe(sound);
});

test("classes of cores have no gap", () => {
  const topology = syntheticTopology("core:2 classes:0;1");
  expect(contradictions(topology)).toEqual([]);
  const cores = topology.cores.map((core) => ({ ...core, class: core.id * 2 }));
  expect(contradictions({ ...topology, cores })).toMatchObject([{ path: "cores[].class" }]);
});
