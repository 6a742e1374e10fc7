import * as fc from "fast-check";
import { expect, test } from "vitest";
import { indices, size, unionAll, indexSet } from "../../set/index-set.ts";
import { parseList } from "../../set/list-format.ts";
import { GiB, MiB } from "../../unit/bytes.ts";
import { contradictions } from "../check.ts";
import { pciAddressParts } from "../pci-address.ts";
import { smallTopology, wideTopology } from "../../../testing/topology/arbitrary-machine.ts";
import type { Topology } from "../topology.ts";
import { syntheticTopology } from "./build.ts";

const nodeCpus = (text: string): (string | null)[] =>
  syntheticTopology(text).nodes.map(({ cpus }) => cpus);
const coreCpus = (text: string): string[] => syntheticTopology(text).cores.map(({ cpus }) => cpus);

test("every generated machine is consistent", () => {
  fc.assert(
    fc.property(fc.oneof(smallTopology, wideTopology), (topology) => {
      expect(contradictions(topology)).toEqual([]);
    }),
  );
});

test("CPUs are numbered as Linux does on x86, or as the text asks", () => {
  expect(nodeCpus("package:2 core:2 thread:2")).toEqual(["0-1,4-5", "2-3,6-7"]);
  expect(nodeCpus("package:2 core:2 thread:2 numbering:adjacent")).toEqual(["0-3", "4-7"]);
  expect(coreCpus("package:2 core:2 thread:2 numbering:adjacent")).toEqual([
    "0-1",
    "2-3",
    "4-5",
    "6-7",
  ]);
  expect(nodeCpus("package:2 core:2 thread:2 numbering:alternating")).toEqual([
    "0,2,4,6",
    "1,3,5,7",
  ]);
  expect(nodeCpus("package:2 core:3 core:1@1 numbering:alternating")).toEqual(["0,2-3", "1"]);
  expect(nodeCpus("package:2 core:2 thread:2 thread:1@0")).toEqual(["0-1", "2-5"]);
});

test("CPUs are numbered without holes, whatever the machine", () => {
  fc.assert(
    fc.property(wideTopology, ({ nodes, offlineCpus }) => {
      const lists = [...nodes.map(({ cpus }) => cpus), offlineCpus];
      const all = unionAll(lists.map((list) => parseList(list ?? "") ?? indexSet([])));
      expect(indices(all)).toEqual([...Array(size(all)).keys()]);
    }),
  );
});

test("levels nest as written, and an omitted level is as large as the one around it", () => {
  const places = (text: string): string[] =>
    syntheticTopology(text).cores.map(
      ({ package: id, die, node, l3, cluster }) => `${id}/${die}/${node}/${l3}/${cluster}`,
    );
  expect(places("core:2")).toEqual(["0/0/0/0/null", "0/0/0/0/null"]);
  expect(places("package:2 core:1")).toEqual(["0/0/0/0/null", "1/1/1/1/null"]);
  expect(places("package:1 node:2 l3:2 core:1")).toEqual([
    "0/0/0/0/null",
    "0/0/0/1/null",
    "0/0/1/2/null",
    "0/0/1/3/null",
  ]);
  expect(places("package:1 l3:1 node:2 core:1")).toEqual(["0/0/0/0/null", "0/0/1/0/null"]);
  expect(places("package:1 die:2 core:1")).toEqual(["0/0/0/0/null", "0/1/0/1/null"]);
  expect(places("node:1 package:2 core:1")).toEqual(["0/0/0/0/null", "1/1/0/1/null"]);
  expect(places("package:? die:? l3:? cluster:2 core:1")).toEqual([
    "null/null/0/null/0",
    "null/null/0/null/1",
  ]);
});

test("offline CPUs leave their core and node; a core without any is gone", () => {
  const { nodes, cores, offlineCpus } = syntheticTopology("core:3 thread:2 offline:0,1,4");
  expect(nodes.map(({ cpus }) => cpus)).toEqual(["2-3,5"]);
  expect(cores.map(({ cpus }) => cpus)).toEqual(["2,5", "3"]);
  expect(offlineCpus).toBe("0-1,4");
});

test("the last of several statements about a node holds", () => {
  const { nodes } = syntheticTopology(
    "package:3 core:1 memory:1Gi@0 memory:8Gi memory:?@1 hugepages:4x1Gi hugepages:none@2 hugepages:?/2x1Gi,8/9x2Mi@0",
  );
  expect(nodes.map(({ memoryBytes }) => memoryBytes)).toEqual([8 * GiB, null, 8 * GiB]);
  expect(nodes.map(({ hugepages }) => hugepages)).toEqual([
    [
      { sizeBytes: 2 * MiB, total: 9, free: 8 },
      { sizeBytes: GiB, total: 2, free: null },
    ],
    [{ sizeBytes: GiB, total: 4, free: 4 }],
    [],
  ]);
});

test("nodes without CPUs come after the others, at the distance of the detour to them", () => {
  const { nodes, distances } = syntheticTopology(
    "package:2 core:1 memory:8Gi hbm:4Gi(distance:14) cxl:9Gi(distance:20)*2@1 memory:1Gi@4 ids:0,1,4-5,8-9 distances:10/21",
  );
  expect(
    nodes.map(({ id, kind, memoryBytes, package: at }) => [id, kind, memoryBytes, at]),
  ).toEqual([
    [0, "dram", 8 * GiB, 0],
    [1, "dram", 8 * GiB, 1],
    [4, "hbm", GiB, null],
    [5, "hbm", 4 * GiB, null],
    [8, "cxl", 9 * GiB, null],
    [9, "cxl", 9 * GiB, null],
  ]);
  expect(distances?.[0]).toEqual([10, 21, 14, 25, 31, 31]);
  expect(distances?.[4]).toEqual([31, 20, 35, 24, 10, 30]);
});

test("distances by rule distinguish nodes in one package from others", () => {
  const { distances } = syntheticTopology("package:2 node:2 core:1 distances:10/12/32");
  expect(distances).toEqual([
    [10, 12, 32, 32],
    [12, 10, 32, 32],
    [32, 32, 10, 12],
    [32, 32, 12, 10],
  ]);
  expect(syntheticTopology("package:2 core:1 distances:10,20;30,10").distances).toEqual([
    [10, 20],
    [30, 10],
  ]);
  expect(syntheticTopology("package:2 core:1").distances).toBeNull();
});

const pciLines = ({ pci }: Topology): string[] =>
  pci.map(
    ({ address, parent, vendor, device, node, iommuGroup }) =>
      `${address} below ${parent} ${vendor}:${device} node ${node} group ${iommuGroup}`,
  );

test("a PCI tree is numbered as firmware numbers it", () => {
  const topology = syntheticTopology(
    "core:1 root[switch[gpu:h100-sxm nic:cx7] dev:nvme] root[gpu:l40s(with:audio,usb port:none)]",
  );
  expect(pciLines(topology)).toEqual([
    "0000:15:01.0 below null 8086:352a node 0 group 0",
    "0000:15:02.0 below null 8086:352a node 0 group 1",
    "0000:16:00.0 below 0000:15:01.0 1000:c030 node 0 group 2",
    "0000:17:00.0 below 0000:16:00.0 1000:c030 node 0 group 3",
    "0000:17:01.0 below 0000:16:00.0 1000:c030 node 0 group 4",
    "0000:18:00.0 below 0000:17:00.0 10de:2330 node 0 group 5",
    "0000:19:00.0 below 0000:17:01.0 15b3:1021 node 0 group 6",
    "0000:1a:00.0 below 0000:15:02.0 144d:a80a node 0 group 7",
    "0000:26:01.0 below null 10de:26b9 node 0 group 8",
    "0000:26:01.1 below null 10de:22ba node 0 group 8",
    "0000:26:01.2 below null 10de:1ad8 node 0 group 8",
  ]);
});

test("a switch without access control makes one IOMMU group of all below it", () => {
  const groups = (text: string): (number | null)[] =>
    syntheticTopology(text).pci.map(({ iommuGroup }) => iommuGroup);
  expect(groups("core:1 root[switch(acs:off)[gpu:l4*2]]")).toEqual([0, 1, 2, 2, 2, 2]);
  expect(groups("core:1 root[switch(acs:off)[switch[gpu:l4]]]")).toEqual([0, 1, 2, 2, 2, 2]);
  expect(groups("core:1 root[gpu:l4(group:a) nic:cx7(group:a)]")).toEqual([0, 1, 2, 2]);
  expect(groups("core:1 root[gpu:l4] iommu:off")).toEqual([null, null]);
});

test("host bridges keep their node, their order and their requested buses", () => {
  const topology = syntheticTopology(
    "package:2 core:1 root[nic:cx7] root(bus:40,0008:00)*2[gpu:l4]@1 root[gpu:l40s]@?",
  );
  expect([...new Set(topology.pci.map(({ root, node }) => `${root} ${node}`))]).toEqual([
    "pci0000:15 0",
    "pci0000:26 1",
    "pci0000:37 null",
    "pci0000:40 1",
    "pci0008:00 1",
  ]);
  expect(topology.accelerators.map(({ address }) => address)).toEqual([
    "0000:38:00.0",
    "0000:41:00.0",
    "0008:01:00.0",
  ]);
  expect(topology.nics.map(({ name }) => name)).toEqual(["mlx5_0", "mlx5_1"]);
});

test("no two host bridges share a bus, however many there are", () => {
  const root = fc.record({
    count: fc.integer({ min: 1, max: 12 }),
    devices: fc.integer({ min: 1, max: 31 }),
  });
  fc.assert(
    fc.property(fc.array(root, { minLength: 1, maxLength: 6 }), (roots) => {
      const text = roots
        .map(({ count, devices }) => `root*${count}[dev:nvme*${devices}]`)
        .join(" ");
      const topology = syntheticTopology(`core:1 ${text}`);
      const owners = new Map<string, string>();
      for (const { address, root: owner } of topology.pci) {
        const parts = pciAddressParts(address);
        const bus = `${parts?.domain}:${parts?.bus}`;
        expect(owners.get(bus) ?? owner).toBe(owner);
        owners.set(bus, owner);
      }
      expect(contradictions(topology)).toEqual([]);
    }),
    { numRuns: 40 },
  );
});

test("a device has its model's properties, except those in the text", () => {
  const { pci, accelerators, nics } = syntheticTopology(
    `core:1 root[gpu:h100-sxm(link:4x8/5x16 driver:vfio-pci name:"My GPU" memory:1Gi bars:?)
     gpu(id:1234:5678 class:120000 link:? bars:1Mi,2Mi) nic:cx7(rdma:no name:eno1) nic:e810(rdma:?)]`,
  );
  const [gpu, plain] = accelerators.map(({ address }) =>
    pci.find((one) => one.address === address),
  );
  expect(gpu).toMatchObject({
    vendor: "10de",
    device: "2330",
    driver: "vfio-pci",
    barBytes: null,
    link: { speedGTs: 16, width: 8, maxSpeedGTs: 32, maxWidth: 16 },
  });
  expect(plain).toMatchObject({
    vendor: "1234",
    device: "5678",
    class: "120000",
    link: null,
    barBytes: [MiB, 2 * MiB],
  });
  expect(accelerators).toMatchObject([
    { model: "My GPU", memoryBytes: GiB },
    { model: null, memoryBytes: null },
  ]);
  expect(nics).toMatchObject([
    { name: "eno1", rdma: false },
    { name: "eth0", rdma: null },
  ]);
});

test("a GPU's virtual functions and MIG instances are of its model, and not counted", () => {
  const { pci, accelerators, links } = syntheticTopology(
    `core:1 root[switch(acs:off)[gpu:l40s(functions:"NVIDIA L40S-24C,1" driver:nvidia name:A)]
     gpu:h100-pcie(mig:3g.40gb,2x1g.10gb)] modules:7,8 nvlink:4(among:0-1)`,
  );
  const cut = (profile: string) => ({ profile, uuid: null, memoryBytes: null });
  expect(accelerators).toMatchObject([
    { address: "0000:18:00.0", model: "A", moduleId: 7, profile: null, migEnabled: null },
    { address: "0000:18:00.4", model: "A", moduleId: null, profile: "NVIDIA L40S-24C" },
    { address: "0000:18:00.5", model: "A", memoryBytes: null, profile: null, instances: [] },
    {
      moduleId: 8,
      migEnabled: true,
      instances: [cut("3g.40gb"), cut("1g.10gb"), cut("1g.10gb")],
    },
  ]);
  expect(links).toMatchObject([{ a: "0000:18:00.0", b: "0000:19:00.0" }]);
  const [whole, one] = ["0000:18:00.0", "0000:18:00.5"].map((address) =>
    pci.find((device) => device.address === address),
  );
  expect(one).toMatchObject({ physicalFunction: whole?.address, parent: whole?.parent });
  expect(one).toMatchObject({ driver: null, link: null, barBytes: null, device: "26b9" });
  // Without access control all below a switch are one group.
  expect(one?.iommuGroup).toBe(whole?.iommuGroup);
  const mig = (text: string): boolean | null | undefined =>
    syntheticTopology(`core:1 root[gpu:l4(${text})]`).accelerators[0]?.migEnabled;
  expect([mig("mig:on"), mig("mig:off"), mig("memory:1Gi")]).toEqual([true, false, null]);
});

test.each([
  ["gpu:l4(functions:0)", "is not a number of parts"],
  ["gpu:l4(functions:253)", "is not a number of parts"],
  ["gpu:l4(mig:2x)", "is not a number of parts"],
  ["gpu:l4(mig:2x3x)", "is not a number of parts"],
  ['gpu:l4(functions:",1")', "empty or very long"],
  ["gpu:l4(functions:200,200)", "these virtual functions do not fit"],
  ["gpu:l4(functions:1 port:none)", "these virtual functions do not fit"],
  ["gpu:l4(functions:1 with:audio,usb,audio,usb)", "these virtual functions do not fit"],
  ["gpu:l4(functions:200)*6", "too many"],
  ["nic:cx7(functions:1)", 'has no "functions"'],
])("%s is refused", (device, message) => {
  expect(() => syntheticTopology(`core:1 root[${device}]`)).toThrow(message);
});

test("the ports above a device have the speed and width of its link", () => {
  const { pci } = syntheticTopology("core:1 root[switch(link:3x8)[gpu:l4(link:4x8/4x16)]]");
  expect(pci.map(({ link }) => `${link?.speedGTs} x${link?.width}`)).toEqual(
    "8 x8,8 x8,16 x8,16 x8".split(","),
  );
});

test("links, modules and partitions count GPUs by address", () => {
  const { accelerators, links, partitions } = syntheticTopology(
    "core:1 root[gpu:l4*4] modules:4,3,2,1 nvlink:4(among:0,3;1-2) xgmi:?(among:0-1) partitions:0-3;0;1-2(active:2)",
  );
  const [a = "", b = "", c = "", d = ""] = accelerators.map(({ address }) => address);
  expect(accelerators.map(({ moduleId }) => moduleId)).toEqual([4, 3, 2, 1]);
  expect(links).toEqual([
    { a, b, kind: "xgmi", lanes: null },
    { a, b: d, kind: "nvlink", lanes: 4 },
    { a: b, b: c, kind: "nvlink", lanes: 4 },
  ]);
  expect(partitions).toEqual([
    { id: 0, accelerators: [a, b, c, d], active: false },
    { id: 1, accelerators: [a], active: false },
    { id: 2, accelerators: [b, c], active: true },
  ]);
});

test("the largest machine is built at once", () => {
  const start = performance.now();
  const topology = syntheticTopology(
    "package:64 node:4 core:16 thread:2 memory:1Ti hugepages:900x1Gi distances:10/12/32 root[switch*4[nic:cx7]]@0-200",
  );
  expect([topology.nodes.length, topology.cores.length]).toEqual([256, 4096]);
  expect(performance.now() - start).toBeLessThan(10_000);
});

test("the latency and bandwidth of each pair are the last ones stated", () => {
  const { access } = syntheticTopology(
    `package:2 core:2 memory:8Gi hbm:4Gi@0 ids:0,4,7
     access:90(bandwidth:240G) access:139(to:4)@0 access:?(to:7 bandwidth:1200M)@0 access:95@4`,
  );
  const stated = access.map((one) => [
    one.initiator,
    one.target,
    one.readLatencyNs,
    one.readBytesPerSecond,
    one.basis,
  ]);
  expect(stated).toEqual([
    [0, 0, 90, 240e9, "hmat"],
    [0, 4, 139, null, "hmat"],
    [0, 7, null, 1.2e9, "hmat"],
    [4, 4, 95, null, "hmat"],
  ]);
});

test.each([
  ["core:2 memory:8Gi access:90(to:1)", "node 1 does not exist"],
  ["core:2 memory:8Gi access:90@3", "node 3 does not exist"],
  ["core:2 memory:8Gi hbm:4Gi access:90(to:0)@1", "node 1 has no CPUs to access memory from"],
  ["core:2 memory:8Gi access:?", "neither latency nor bandwidth is given"],
  ["core:2 memory:8Gi access:?(bandwidth:0)", "the bandwidth is 0"],
  ["core:2 memory:8Gi access:0", '"0" is not a valid number'],
  ["core:2 memory:8Gi access", '"access" needs a value'],
])("%s is refused: %s", (text, message) => {
  expect(() => syntheticTopology(text)).toThrow(message);
});
