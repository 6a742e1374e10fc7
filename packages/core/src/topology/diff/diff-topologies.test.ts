import * as fc from "fast-check";
import { expect, test } from "vitest";
import { GiB, MiB } from "../../unit/bytes.ts";
import { contradictions } from "../check.ts";
import { topologyDigest } from "../digest.ts";
import { syntheticTopology } from "../synthetic/build.ts";
import { detailedTopology, withDetails } from "../../../testing/topology/arbitrary-details.ts";
import { smallTopology } from "../../../testing/topology/arbitrary-machine.ts";
import type { PciDevice, Topology } from "../topology.ts";
import { diffTopologies } from "./diff-topologies.ts";

const host = `package:2 node:2 l3:2 core:2 thread:2 memory:64Gi hugepages:20x1Gi,8x2Mi distances:10/12/32
  root[switch[gpu:h100-sxm(with:audio) nic:cx7]] root[dev:nvme]@0 modules:4,3,2,1 nvlink:18
  partitions:0-3;0-1;2-3 vendor:V product:P cpu:"C"`;
const before = syntheticTopology(host);

/** The same description with one part replaced. */
function changed(from: string, to: string): Topology {
  expect(host).toContain(from);
  return syntheticTopology(host.replace(from, to));
}

function withPci(address: string, change: Partial<PciDevice>): Topology {
  const pci = before.pci.map((one) => (one.address === address ? { ...one, ...change } : one));
  return { ...before, pci };
}

const messages = (a: Topology, b: Topology): string[] =>
  diffTopologies(a, b).map(({ message }) => message);

const gpu = before.accelerators[0]?.address ?? "";
const second = before.accelerators[1]?.address ?? "";
const nic = before.nics[0]?.address ?? "";

test("a GPU's instances come and go while the machine runs", () => {
  const of = (attributes: string): Topology =>
    syntheticTopology(`core:4 root[gpu:h100-pcie(${attributes})]`);
  const plain = of("functions:2 mig:off");
  const set = of('functions:"NVIDIA H100-8C,1" mig:3g.40gb,2x1g.10gb');
  const sized: Topology = {
    ...set,
    accelerators: set.accelerators.map((one, i) => (i === 1 ? { ...one, memoryBytes: GiB } : one)),
  };
  const found = diffTopologies(plain, sized);
  expect(found.map(({ message, lasting }) => [message, lasting])).toEqual([
    ["the MIG mode of GPU 0000:16:00.0 changed from false to true", false],
    ["the instances of GPU 0000:16:00.0 changed from none to 3g.40gb, 2 × 1g.10gb", false],
    ["the memory of VF 0000:16:00.4 became known: 1 GiB", false],
    ["the vGPU type of VF 0000:16:00.4 changed from none to NVIDIA H100-8C", false],
  ]);
  expect(topologyDigest(sized)).toBe(topologyDigest(plain));
  expect(diffTopologies(plain, of("functions:3 mig:off")).map(({ message }) => message)).toEqual([
    "VF 0000:16:00.6 appeared (H100 PCIe 80GB)",
  ]);
});

test("the machine of these tests has every part that the mutations change", () => {
  expect(contradictions(before)).toEqual([]);
  expect([gpu, second, nic]).toEqual(["0000:18:00.0", "0000:3a:00.0", "0000:19:00.0"]);
});

const mutations: readonly (readonly [string, Topology, readonly string[]])[] = [
  ["nothing but a name", { ...before, name: "other", source: "sysfs" }, []],
  [
    "a node's memory",
    changed("memory:64Gi", "memory:64Gi memory:48Gi@1"),
    ["node 1 lost 16 GiB of memory (64 GiB → 48 GiB)"],
  ],
  [
    "memory that became unknown",
    changed("memory:64Gi", "memory:64Gi memory:?@2"),
    ["the memory of node 2 became unknown, it was 64 GiB"],
  ],
  [
    "huge pages",
    changed("hugepages:20x1Gi,8x2Mi", "hugepages:20x1Gi,8x2Mi hugepages:16x1Gi@3"),
    [
      "node 3 has no huge pages of 2 MiB any more, it had 8",
      "node 3 has 16 huge pages of 1 GiB, it had 20",
    ],
  ],
  [
    "free huge pages",
    changed("20x1Gi,8x2Mi", "20x1Gi,8x2Mi hugepages:5/20x1Gi,8x2Mi@0"),
    ["the number of free huge pages of 1 GiB on node 0 changed from 20 to 5"],
  ],
  ["a CPU", changed("vendor:V", "offline:7 vendor:V"), ["CPU 7 went offline"]],
  ["a whole core", changed("vendor:V", "offline:1,17 vendor:V"), ["CPUs 1,17 went offline"]],
  [
    "caches",
    changed("l3:2 core:2", "l3:1 core:4"),
    [...Array(8).keys()].map((i) => {
      const list = `${i * 2}-${i * 2 + 1},${i * 2 + 16}-${i * 2 + 17}`;
      const first = i - (i % 2);
      const now = `${first * 2}-${first * 2 + 3},${first * 2 + 16}-${first * 2 + 19}`;
      return `the L3 of CPUs ${list} is now that of CPUs ${now}`;
    }),
  ],
  [
    "caches that became unknown",
    changed("l3:2 core:2", "l3:? core:4"),
    [...Array(8).keys()].map((i) => {
      const list = `${i * 2}-${i * 2 + 1},${i * 2 + 16}-${i * 2 + 17}`;
      return `the L3 that CPUs ${list} shared became unknown`;
    }),
  ],
  [
    "a distance",
    {
      ...before,
      distances: (before.distances ?? []).map((row, i) =>
        row.map((value, j) => (i + j === 1 ? 16 : value)),
      ),
    },
    ["the distance between nodes 0 and 1 changed from 12 to 16"],
  ],
  [
    "a distance one way",
    {
      ...before,
      distances: (before.distances ?? []).map((row, i) =>
        row.map((value, j) => (i === 3 && j === 0 ? 40 : value)),
      ),
    },
    ["the distance from node 3 to node 0 changed from 32 to 40"],
  ],
  ["all distances", { ...before, distances: null }, ["the distances between nodes became unknown"]],
  [
    "a link's width",
    withPci(gpu, { link: { speedGTs: 32, width: 8, maxSpeedGTs: 32, maxWidth: 16 } }),
    [`GPU ${gpu} link gen5 x16 → gen5 x8`],
  ],
  [
    "a link altogether",
    withPci(nic, { link: null }),
    [`the best possible link of NIC ${nic} became unknown, it was gen5 x16`],
  ],
  [
    "a driver",
    withPci(nic, { driver: "vfio-pci" }),
    [`the driver of NIC ${nic} changed from none to vfio-pci`],
  ],
  ["a device's node", withPci(gpu, { node: 2 }), [`GPU ${gpu} moved from node 0 to node 2`]],
  [
    "a device's node, unknown now",
    withPci(gpu, { node: null }),
    [`the node of GPU ${gpu} became unknown, it was 0`],
  ],
  [
    "IOMMU groups by number only",
    {
      ...before,
      pci: before.pci.map((one) => ({
        ...one,
        iommuGroup: one.iommuGroup === null ? null : one.iommuGroup + 5,
      })),
    },
    ["the IOMMU groups hold the same devices but are numbered differently"],
  ],
  [
    "an IOMMU group's members",
    withPci(nic, { iommuGroup: before.pci.find((one) => one.address === gpu)?.iommuGroup ?? null }),
    [
      `the IOMMU group of GPU ${gpu} is shared with 0000:18:00.1 ${nic}, it was shared with 0000:18:00.1`,
      `the IOMMU group of device 0000:18:00.1 is shared with ${gpu} ${nic}, it was shared with ${gpu}`,
      `the IOMMU group of NIC ${nic} is shared with ${gpu} 0000:18:00.1, it was its own`,
    ],
  ],
  [
    "a drive",
    { ...before, pci: before.pci.filter((one) => one.class !== "010802") },
    ["device 0000:27:00.0 vanished (144d:a80a)"],
  ],
  [
    "a GPU, which takes its links and places along",
    {
      ...before,
      pci: before.pci.filter((one) => one.address !== gpu && one.address !== "0000:18:00.1"),
      accelerators: before.accelerators.slice(1),
      links: before.links.filter((link) => link.a !== gpu),
      partitions: before.partitions.map((one) => ({
        ...one,
        accelerators: one.accelerators.filter((address) => address !== gpu),
      })),
    },
    [`GPU ${gpu} vanished (H100 SXM5 80GB), with 0000:18:00.1 (10de:22ba)`],
  ],
  [
    "what counts as a NIC",
    { ...before, nics: before.nics.slice(1) },
    [`NIC ${nic} no longer counts as a NIC`],
  ],
  [
    "a module number",
    changed("modules:4,3,2,1", "modules:5,3,2,1"),
    [`the module number of GPU ${gpu} changed from 4 to 5`],
  ],
  [
    "lanes",
    { ...before, links: before.links.map((link, i) => (i === 0 ? { ...link, lanes: 12 } : link)) },
    [`the number of lanes of the NVLink between ${gpu} and ${second} changed from 18 to 12`],
  ],
  [
    "a direct link",
    { ...before, links: before.links.slice(1) },
    [`the NVLink between ${gpu} and ${second} vanished`],
  ],
  [
    "a stated interconnect",
    { ...before, interconnects: [{ a: gpu, b: nic, class: "SYS" }] },
    [`${gpu} and ${nic} are now stated to be SYS apart`],
  ],
  [
    "an active partition",
    changed("partitions:0-3;0-1;2-3", "partitions:0-3;0-1;2-3(active:1)"),
    ["partition 1 is active now"],
  ],
  [
    "how a GPU is set up",
    {
      ...before,
      pci: before.pci.map((one) => {
        const interrupts = { allowedCpus: "0-3", effectiveCpus: "2" };
        return one.address === gpu
          ? { ...one, acsRedirect: true, atsEnabled: false, interrupts }
          : one;
      }),
    },
    [
      `the redirection of peers by ACS of GPU ${gpu} became known: true`,
      `the use of ATS of GPU ${gpu} became known: false`,
      `the list of CPUs that the interrupts of GPU ${gpu} may go to became known: 0-3`,
    ],
  ],
  [
    "a cache before memory",
    {
      ...before,
      nodes: before.nodes.map((one) => (one.id === 1 ? { ...one, sideCacheBytes: 16 * GiB } : one)),
    },
    ["the cache before the memory of node 1 became known: 16 GiB"],
  ],
  [
    "what is known of a cache",
    { ...before, l3Caches: [{ id: 1, sizeBytes: 32 * MiB, ways: 16, kernelId: null }] },
    ["the size of L3 1 became known: 32 MiB", "the number of ways of L3 1 became known: 16"],
  ],
  [
    "cache allocation",
    {
      ...before,
      cacheAllocation: {
        classes: 15,
        ways: "0-10",
        sharedWays: "9-10",
        waysMin: 1,
        bandwidthClasses: 8,
      },
    },
    [
      "the allocation of caches became known: 15 classes of at least 1 of the ways 0-10, shared 9-10, 8 of memory bandwidth",
    ],
  ],
  ["a CPU model", changed('cpu:"C"', 'cpu:"D"'), ["the CPU model changed from C to D"]],
  [
    "what a measurement adds",
    {
      ...before,
      access: [
        { initiator: 0, target: 1, readLatencyNs: 139, readBytesPerSecond: null, basis: "hmat" },
      ],
    },
    ["the hmat read latency of the memory of node 1 from node 0 became known: 139 ns"],
  ],
];

test.each(mutations)("a change of %s is that difference and no other", (_, after, expected) => {
  expect(messages(before, after)).toEqual(expected);
});

test("a node that appears is reported with its properties, and its CPUs too", () => {
  const small = syntheticTopology("package:2 core:2 memory:8Gi memory:0@1");
  const large = syntheticTopology("package:2 core:2 memory:8Gi memory:0@1 cxl:16Gi@0");
  expect(messages(small, large)).toEqual(["node 2 appeared (16 GiB, CPUs none)"]);
  const one = syntheticTopology("core:2 memory:8Gi");
  expect(messages(one, small)).toEqual([
    "node 1 appeared (no memory, CPUs 2-3)",
    "CPUs 2-3 appeared online",
  ]);
});

test("each difference names its owner and its values", () => {
  const after = changed("memory:64Gi", "memory:64Gi memory:48Gi@1");
  expect(diffTopologies(before, after)).toEqual([
    {
      group: "nodes",
      subject: "node 1",
      path: "nodes[1].memoryBytes",
      before: 64 * GiB,
      after: 48 * GiB,
      lasting: true,
      message: "node 1 lost 16 GiB of memory (64 GiB → 48 GiB)",
    },
  ]);
});

test("a machine does not differ from itself, whatever it is called", () => {
  fc.assert(
    fc.property(detailedTopology, (machine) => {
      expect(diffTopologies(machine, { ...machine, name: "twin", source: "hwloc" })).toEqual([]);
    }),
  );
});

test("two machines have one digest exactly when no lasting difference is found", () => {
  const lasting = (a: Topology, b: Topology): boolean =>
    diffTopologies(a, b).some((difference) => difference.lasting);
  fc.assert(
    fc.property(smallTopology, smallTopology, (a, b) => {
      expect(lasting(a, b)).toBe(topologyDigest(a) !== topologyDigest(b));
    }),
    { numRuns: 300 },
  );
  const variants = smallTopology.chain((one) => fc.tuple(withDetails(one), withDetails(one)));
  fc.assert(
    fc.property(variants, ([a, b]) => {
      expect(lasting(a, b)).toBe(topologyDigest(a) !== topologyDigest(b));
    }),
  );
  for (const [, after] of mutations) {
    expect(lasting(before, after)).toBe(topologyDigest(before) !== topologyDigest(after));
  }
});

test("swapping two readings of one machine swaps before and after", () => {
  const fields = (a: Topology, b: Topology, backwards: boolean): string[] =>
    diffTopologies(a, b)
      .filter(({ group }) => group !== "cpus" && group !== "distances")
      .map((one) => `${one.path} ${one[backwards ? "after" : "before"]}`)
      .toSorted();
  const readings = smallTopology.chain((one) => fc.tuple(withDetails(one), withDetails(one)));
  fc.assert(
    fc.property(readings, ([a, b]) => {
      expect(fields(a, b, false)).toEqual(fields(b, a, true));
    }),
  );
});

test("interconnects that are stated differently, or no longer", () => {
  const stated = (name: "SYS" | "PHB"): Topology => ({
    ...before,
    interconnects: [{ a: gpu, b: nic, class: name }],
  });
  expect(messages(stated("SYS"), stated("PHB"))).toEqual([
    `${gpu} and ${nic} are stated to be PHB apart, before SYS`,
  ]);
  expect(messages(stated("SYS"), before)).toEqual([
    `${gpu} and ${nic} are no longer stated to be SYS apart`,
  ]);
  expect(messages(stated("SYS"), stated("SYS"))).toEqual([]);
});

test("a core of another class is a difference, and the number of the only class is none", () => {
  const of = (text: string): Topology => syntheticTopology(`core:4 memory:8Gi ${text}`, "m");
  expect(diffTopologies(of(""), of("classes:0-3"))).toEqual([]);
  expect(diffTopologies(of("classes:0-1;2-3"), of("classes:0;1-3"))).toMatchObject([
    {
      path: "cpus[1].class",
      before: 0,
      after: 1,
      lasting: true,
      message: "CPU 1 moved from class 0 to class 1",
    },
  ]);
});
