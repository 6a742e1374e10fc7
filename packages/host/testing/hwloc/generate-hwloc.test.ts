import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { catalogMachine, catalogNames } from "@evenkeel/core/topology/catalog/catalog.ts";
import { buildTopology } from "@evenkeel/core/topology/build.ts";
import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import { detailedTopology } from "@evenkeel/core/testing/topology/arbitrary-details.ts";
import { smallTopology, wideTopology } from "@evenkeel/core/testing/topology/arbitrary-machine.ts";
import type { MemoryNode, Topology } from "@evenkeel/core/topology/topology.ts";
import { readHwloc } from "../../src/hwloc/read-hwloc.ts";
import { cpusOfList, generateHwloc, nearbyCpus } from "./generate-hwloc.ts";
import { unknownParts, unknownSettings } from "@evenkeel/core/topology/unknown-settings.ts";

/**
 * The part of a machine that an export of hwloc 2 contains. It lacks:
 *
 * - dies that are a whole package, and the distance of a single node;
 * - the difference between unknown memory and none, and free huge pages;
 * - the node of I/O on a node without CPUs; if one node has all CPUs, all I/O is on it;
 * - the programming interface, IOMMU groups, drivers, links, BARs and virtual functions of PCI;
 * - module numbers, partitions, NVLinks of unknown width, the width of XGMI;
 * - the kernel's number of a cache, cache allocation, and interrupts;
 * - whether a NIC's RDMA is unknown, and RDMA of a NIC without a name.
 */
function sayable(topology: Topology): Topology {
  const { nodes, cores } = topology;
  const saysMemory = ({ memoryBytes }: MemoryNode): boolean =>
    memoryBytes !== null && memoryBytes > 0;
  const memoryKnown = nodes.some(saysMemory);
  const cpusWith = (same: (core: (typeof cores)[number]) => boolean): number =>
    cores.filter(same).reduce((sum, { cpus }) => sum + cpusOfList(cpus).length, 0);
  const withCpus = new Set(nodes.filter(({ cpus }) => cpus !== "").map(({ id }) => id));
  const placeOf = (node: number | null): number | null => {
    const [only, ...others] = withCpus;
    if (only !== undefined && others.length === 0) return only;
    return node !== null && withCpus.has(node) ? node : null;
  };
  return buildTopology({
    ...topology,
    source: "hwloc",
    nodes: nodes.map((node) => ({
      ...node,
      memoryBytes: saysMemory(node) ? node.memoryBytes : memoryKnown ? 0 : null,
      freeBytes: null,
      hugepages: node.hugepages?.map((pool) => ({ ...pool, free: null })) ?? null,
    })),
    distances: nodes.length < 2 ? null : topology.distances,
    cores: cores.map((core) => ({
      ...core,
      die:
        core.die === null ||
        cpusWith(({ die }) => die === core.die) ===
          cpusWith((other) => other.package === core.package)
          ? null
          : core.die,
    })),
    l3Caches: topology.l3Caches
      .map((cache) => ({ ...cache, kernelId: null }))
      .filter(({ sizeBytes, ways }) => sizeBytes !== null || ways !== null),
    cacheAllocation: null,
    pci: topology.pci.map((device) => ({
      ...device,
      class: device.class.slice(0, 4),
      node: placeOf(device.node),
      iommuGroup: null,
      driver: null,
      link: null,
      barBytes: null,
      ...unknownSettings,
    })),
    accelerators: topology.accelerators.map((accelerator) => ({
      ...accelerator,
      moduleId: null,
      ...unknownParts,
    })),
    nics: topology.nics.map((nic) => ({
      ...nic,
      rdma: nic.name === null ? null : nic.rdma === true,
    })),
    links: topology.links
      .filter(({ kind, lanes }) => kind !== "nvlink" || lanes !== null)
      .map((link) => (link.kind === "xgmi" ? { ...link, lanes: null } : link)),
    interconnects: [],
    partitions: [],
  });
}

/**
 * Two nodes of plain memory with the same CPUs, where the node without own CPUs has the lower
 * number: an export does not show which node the CPUs are on, and no firmware numbers nodes this
 * way.
 */
function tellsWhoseCpus(topology: Topology): boolean {
  const { nodes } = topology;
  const near = nodes.map((node, i) => nearbyCpus(topology, node, i));
  const plain = ({ kind }: MemoryNode): boolean => kind === null || kind === "dram";
  return nodes.every(
    (node, i) =>
      node.cpus !== "" ||
      !plain(node) ||
      !nodes.some((other, j) => other.id > node.id && other.cpus !== "" && near[j] === near[i]),
  );
}

const reread = (topology: Topology): Topology => readHwloc(generateHwloc(topology), "machine.xml");

describe("A generated export reads as the machine that it was generated from", () => {
  test.for([...catalogNames])("%s", (name) => {
    const topology = catalogMachine(name);
    if (topology === null) throw new Error(`the catalog has no ${name}`);
    expect(reread(topology)).toEqual(sayable(topology));
  });

  test.for([
    ["small machines", smallTopology, 300],
    ["wide machines", wideTopology, 150],
    ["machines in every detail", detailedTopology, 100],
  ] as const)("%s", ([, arbitrary, numRuns]) => {
    fc.assert(
      fc.property(arbitrary, (topology) => {
        fc.pre(tellsWhoseCpus(topology));
        expect(reread(topology)).toEqual(sayable(topology));
      }),
      { numRuns },
    );
  });
});

test("Memory attributes are HMAT's latencies and bandwidths", () => {
  const two = syntheticTopology("package:2 core:2", "two");
  const access = [0, 1].flatMap((initiator) =>
    [0, 1].map((target) => ({
      initiator,
      target,
      readLatencyNs: initiator === target ? 90 : 140,
      readBytesPerSecond: 2e11,
      basis: "hmat" as const,
    })),
  );
  expect(reread({ ...two, access }).access).toEqual(access);
});
