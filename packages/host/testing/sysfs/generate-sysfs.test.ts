import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { catalogMachine, catalogNames } from "@evenkeel/core/topology/catalog/catalog.ts";
import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import { detailedTopology } from "@evenkeel/core/testing/topology/arbitrary-details.ts";
import { smallTopology, wideTopology } from "@evenkeel/core/testing/topology/arbitrary-machine.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { readSysfs } from "../../src/sysfs/read.ts";
import { bestAccess, gpusWithDriver } from "./generate-nodes.ts";
import { generateSysfs } from "./generate-sysfs.ts";
import { inMemory } from "./generated-tree.ts";

/**
 * The part of a machine that sysfs and procfs contain. They lack NVLink, partitions, module
 * numbers, MIG, kinds of memory other than CXL, persistent memory and GPU memory (as many nodes as
 * GPUs with the driver), the memory of GPUs other than AMD's, the processor's name on arm64, HMAT's
 * initiators other than the best, and RDMA of a NIC without a name.
 */
function sayable(topology: Topology): Topology {
  const gpus = gpusWithDriver(topology).length;
  const gpuNodes = new Set(topology.nodes.filter(({ kind }) => kind === "gpu").slice(0, gpus));
  const vendors = new Map(topology.pci.map(({ address, vendor }) => [address, vendor]));
  const { machine } = topology;
  return {
    ...topology,
    source: "sysfs",
    machine: { ...machine, cpuModel: machine.architecture === "x86_64" ? machine.cpuModel : null },
    nodes: topology.nodes.map((node) => ({
      ...node,
      // A tree without a node's memory does not tell that it has no pages either.
      hugepages: node.memoryBytes === null && node.hugepages?.length === 0 ? null : node.hugepages,
      kind: node.kind === "cxl" || node.kind === "pmem" || gpuNodes.has(node) ? node.kind : null,
    })),
    access: topology.nodes
      .flatMap(({ id }) => bestAccess(topology.access, id))
      .toSorted((a, b) => a.initiator - b.initiator || a.target - b.target),
    accelerators: topology.accelerators.map((accelerator) => ({
      ...accelerator,
      moduleId: null,
      migEnabled: null,
      instances: [],
      memoryBytes: vendors.get(accelerator.address) === "1002" ? accelerator.memoryBytes : null,
    })),
    nics: topology.nics.map((nic) => ({ ...nic, rdma: nic.name === null ? null : nic.rdma })),
    links: [],
    interconnects: [],
    partitions: [],
  };
}

function reread(topology: Topology): Topology {
  return readSysfs(inMemory(generateSysfs(topology)), topology.name);
}

describe("A generated tree reads as the machine that it was generated from", () => {
  test.for([...catalogNames])("%s", (name) => {
    const topology = catalogMachine(name);
    if (topology === null) throw new Error(`the catalog has no ${name}`);
    expect(reread(topology)).toEqual(sayable(topology));
  });

  test.for([
    ["small machines", smallTopology, 300],
    ["wide machines", wideTopology, 150],
    ["machines in every detail", detailedTopology, 150],
  ] as const)("%s", ([, arbitrary, numRuns]) => {
    fc.assert(
      fc.property(arbitrary, (topology) => {
        expect(reread(topology)).toEqual(sayable(topology));
      }),
      { numRuns },
    );
  });
});

describe("Facts that synthetic machines do not have", () => {
  const two = syntheticTopology("package:2 node:1 core:4 thread:2");

  test("clusters of cores", () => {
    const cores = two.cores.map((core, i) => ({ ...core, cluster: i >> 1 }));
    expect(reread({ ...two, cores }).cores).toEqual(cores);
  });

  test("latency and bandwidth from HMAT, only those of the best initiators as in the kernel", () => {
    const entry = (initiator: number, target: number, latency: number) => ({
      initiator,
      target,
      readLatencyNs: latency,
      readBytesPerSecond: 2e11,
      basis: "hmat" as const,
    });
    const access = [entry(0, 0, 90), entry(0, 1, 140), entry(1, 0, 140), entry(1, 1, 90)];
    const found = reread({ ...two, access }).access;
    expect(found).toEqual([entry(0, 0, 90), entry(1, 1, 90)]);
  });

  test("virtual functions, links that are down, and the facts of NVIDIA's driver", () => {
    const base = syntheticTopology("core:4 root[gpu:h100-sxm(driver:nvidia) nic:cx7]");
    const gpu = base.accelerators[0]?.address ?? "";
    const nic = base.nics[0]?.address ?? "";
    const physical = base.pci.find(({ address }) => address === nic);
    if (physical === undefined) throw new Error("the NIC is no PCI function");
    const virtual = {
      ...physical,
      address: nic.replace(/0$/, "1"),
      link: { speedGTs: null, width: null, maxSpeedGTs: 32, maxWidth: 16 },
      physicalFunction: nic,
    };
    const changed: Topology = {
      ...base,
      pci: base.pci.flatMap((device) => (device === physical ? [device, virtual] : [device])),
      accelerators: base.accelerators.map((accelerator) => ({
        ...accelerator,
        uuid: "GPU-01234567-89ab-cdef-0123-456789abcdef",
      })),
    };
    const found = reread(changed);
    expect(found).toEqual(sayable(changed));
    expect(found.accelerators[0]).toMatchObject({ address: gpu, memoryBytes: null });
    expect(found.pci.find(({ physicalFunction }) => physicalFunction === nic)).toEqual(virtual);
  });
});
