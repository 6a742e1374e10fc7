import { emptyCalibration } from "../../calibration/empty.ts";
import { expect, test } from "vitest";
import type { Calibration, Measured } from "../../calibration/calibration.ts";
import { syntheticTopology } from "../../topology/synthetic/build.ts";
import type { Topology } from "../../topology/topology.ts";
import { at } from "../../unit/list.ts";
import { flowMachine, type FlowMachine, type Path } from "./flow-machine.ts";
import type { Resource } from "./resource.ts";

const own = (node: number): { node: number; share: number }[] => [{ node, share: 1 }];

function named(machine: FlowMachine, name: string): Resource {
  const found = machine.resources.find((one) => one.name === name);
  if (found === undefined)
    throw new Error(`no ${name} among ${machine.resources.map((one) => one.name).join(", ")}`);
  return found;
}

const hopsOf = ({ resources }: FlowMachine, path: Path): string[] =>
  path.hops.map((hop) => at(resources, hop).name);

const measured = (median: number): Measured => ({
  median,
  least: median,
  most: median,
  samples: 1,
});

const calibrationOf = (parts: Partial<Calibration>): Calibration => ({
  ...emptyCalibration("mlc", "reads"),
  ...parts,
});

const reads = (
  initiator: number,
  target: number,
  latency: number,
  rate: number,
): Calibration["memory"][number] => ({
  initiator,
  target,
  readLatencyNs: measured(latency),
  oneCore: null,
  allCores: {
    readBytesPerSecond: measured(rate),
    writeBytesPerSecond: null,
    copyBytesPerSecond: null,
  },
  pageBytes: null,
  witness: null,
});

const twoSockets = syntheticTopology(
  "package:2 core:4 memory:64Gi access:80(bandwidth:110G)@0-1 access:139(to:1 bandwidth:34G)@0 " +
    "access:139(to:0 bandwidth:35G)@1 root[switch:pex880xx[gpu:a100-pcie*2]]@0 root[nic:cx6]@1",
);
const [gpuA = "", gpuB = ""] = twoSockets.accelerators.map(({ address }) => address);
const nic = at(twoSockets.nics, 0).address;

test("memory and links come from HMAT, in each direction, and a path says what it crosses", () => {
  const machine = flowMachine(twoSockets, null);
  expect(named(machine, "memory of node 1")).toMatchObject({
    bytesPerSecond: 110e9,
    basis: "modelled",
    origin: "hmat",
  });
  expect(named(machine, "link from package 1 to package 0").bytesPerSecond).toBe(34e9);
  expect(named(machine, "link from package 0 to package 1").bytesPerSecond).toBe(35e9);
  const remote = machine.memoryPath({ cpuNodes: own(0), memoryNodes: own(1), writeShare: 0 });
  expect(hopsOf(machine, remote)).toEqual(["memory of node 1", "link from package 1 to package 0"]);
  expect(remote).toMatchObject({ weights: [1, 1], idleNs: 139, basis: "modelled" });
});

test("writes keep the controllers longer and cross the link the other way", () => {
  const machine = flowMachine(twoSockets, null);
  const path = machine.memoryPath({ cpuNodes: own(0), memoryNodes: own(1), writeShare: 0.5 });
  expect(hopsOf(machine, path)).toEqual([
    "memory of node 1",
    "link from package 0 to package 1",
    "link from package 1 to package 0",
  ]);
  expect(path.weights).toEqual([1.22, 0.5, 0.5]);
  const all = machine.memoryPath({ cpuNodes: own(0), memoryNodes: own(1), writeShare: 1 });
  expect(hopsOf(machine, all)).toEqual(["memory of node 1", "link from package 0 to package 1"]);
  expect(all.weights).toEqual([1.44, 1]);
});

test("a link's waiting grows by what it adds to a read, up to what fills its reader's memory", () => {
  const { waiting } = named(flowMachine(twoSockets, null), "link from package 1 to package 0");
  expect(waiting?.growthNs).toBeCloseTo((139 - 80) * 0.4, 9);
  expect(waiting?.mostNs).toBeCloseTo((80 * 3.5 * 110) / 34 - 139, 9);
});

test("nodes of unknown packages have a link between each two, and none to themselves", () => {
  const nodes = twoSockets.nodes.map((node) => ({ ...node, package: null }));
  const machine = flowMachine({ ...twoSockets, nodes }, null);
  const path = (memory: number): string[] =>
    hopsOf(
      machine,
      machine.memoryPath({ cpuNodes: own(0), memoryNodes: own(memory), writeShare: 0 }),
    );
  expect(path(0)).toEqual(["memory of node 0"]);
  expect(path(1)).toEqual(["memory of node 1", "link from node 1 to node 0"]);
});

test("a node of cores without memory takes no share of its package's controllers", () => {
  const topology = syntheticTopology(
    'node:2 core:4 memory:64Gi memory:0@1 cpu:"Intel(R) Xeon(R) Gold 6140 CPU @ 2.30GHz"',
  );
  const machine = flowMachine(topology, null);
  expect(named(machine, "memory of node 0").bytesPerSecond).toBe(111e9);
  expect(named(machine, "memory of node 1").bytesPerSecond).toBeNull();
});

test("interleaved memory uses both controllers with half of the bytes", () => {
  const machine = flowMachine(twoSockets, null);
  const path = machine.memoryPath({
    cpuNodes: own(0),
    memoryNodes: [
      { node: 0, share: 0.5 },
      { node: 1, share: 0.5 },
    ],
    writeShare: 0,
  });
  expect(path.weights).toEqual([0.5, 0.5, 0.5]);
  expect(path.idleNs).toBeCloseTo((80 + 139) / 2, 9);
});

test("copies cross the device's link, the uplink of its switch, the sockets' link and a controller", () => {
  const machine = flowMachine(twoSockets, null);
  const into = machine.copyPath(gpuA, own(1), "to-device");
  expect(new Set(hopsOf(machine, into))).toEqual(
    new Set([
      "memory of node 1",
      "link from package 1 to package 0",
      `PCIe link to ${gpuA}`,
      expect.stringMatching(/^uplink of the switch at .*, towards devices$/),
    ]),
  );
  const out = machine.copyPath(gpuA, own(0), "from-device");
  expect(new Set(hopsOf(machine, out))).toEqual(
    new Set([
      "memory of node 0",
      `PCIe link from ${gpuA}`,
      expect.stringMatching(/^uplink of the switch at .*, towards the host$/),
    ]),
  );
  expect(at(out.weights, 0)).toBe(1.44);
});

test("PCIe links have 83 % of their raw rate: 13, 26 and 52 GB/s of generations 3, 4 and 5 x16", () => {
  const rates = ["3x16", "4x16", "5x16", "4x8"].map((link) => {
    const topology = syntheticTopology(`core:4 memory:8Gi root[gpu:l40s(link:${link})]`);
    const { address } = at(topology.accelerators, 0);
    return named(flowMachine(topology, null), `PCIe link to ${address}`).bytesPerSecond;
  });
  expect(rates.map((rate) => Number((Number(rate) / 1e9).toFixed(1)))).toEqual([
    13.1, 26.2, 52.5, 13.1,
  ]);
});

test("a GPU that saves power counts with the speed that both ends can, one in a narrow slot with its width", () => {
  const idle = syntheticTopology("core:4 memory:8Gi root[gpu:l40s(link:1x16/4x16)]");
  const narrow = syntheticTopology("core:4 memory:8Gi root[gpu:l40s(link:4x8/4x16)]");
  const rate = (topology: Topology): number | null =>
    named(flowMachine(topology, null), `PCIe link to ${at(topology.accelerators, 0).address}`)
      .bytesPerSecond;
  expect(Number(rate(idle)) / 1e9).toBeCloseTo(26.24, 1);
  expect(Number(rate(narrow)) / 1e9).toBeCloseTo(13.12, 1);
});

test("peers below one switch do not cross its uplink; NVLink comes first", () => {
  const machine = flowMachine(twoSockets, null);
  expect(new Set(hopsOf(machine, machine.peerPath(gpuA, gpuB)))).toEqual(
    new Set([`PCIe link from ${gpuA}`, `PCIe link to ${gpuB}`]),
  );
  expect(hopsOf(machine, machine.peerPath(gpuA, nic))).toContain(
    "link from package 0 to package 1",
  );
  const linked = syntheticTopology("core:4 memory:8Gi root[gpu:h100-sxm*8] nvlink:18");
  const [a = "", b = "", c = ""] = linked.accelerators.map(({ address }) => address);
  const switched = flowMachine(linked, null);
  expect(hopsOf(switched, switched.peerPath(a, b))).toEqual([
    `NVLink out of ${a}`,
    `NVLink into ${b}`,
  ]);
  expect(hopsOf(switched, switched.peerPath(a, c))).toContain(`NVLink out of ${a}`);
  expect(Number(named(switched, `NVLink out of ${a}`).bytesPerSecond) / 1e9).toBeCloseTo(376, 6);
});

test("peers below two switches of one switch cross the uplinks of these two alone", () => {
  const nested = syntheticTopology(
    "core:4 memory:8Gi root[switch:pex880xx[switch:pex880xx[gpu:l40s] switch:pex880xx[gpu:l40s]]]",
  );
  const machine = flowMachine(nested, null);
  const [a = "", b = ""] = nested.accelerators.map(({ address }) => address);
  const path = new Set(hopsOf(machine, machine.peerPath(a, b)));
  const hostPath = (device: string, direction: "to-device" | "from-device"): readonly string[] =>
    hopsOf(machine, machine.copyPath(device, own(0), direction));
  const uplinks = [...hostPath(a, "from-device"), ...hostPath(b, "to-device")].filter((name) =>
    name.startsWith("uplink"),
  );
  expect(uplinks).toHaveLength(4);
  expect(uplinks.filter((name) => path.has(name))).toHaveLength(2);
  expect(path.size).toBe(4);
});

test("a pair that was measured says more of a link than one of HMAT, even if it is slower", () => {
  const topology = syntheticTopology(
    "package:2 node:2 core:4 memory:64Gi access:80(bandwidth:59G) access:139(to:2-3 bandwidth:34G)@0-1",
  );
  const machine = flowMachine(topology, calibrationOf({ memory: [reads(1, 3, 139, 20e9)] }));
  expect(named(machine, "link from package 1 to package 0")).toMatchObject({
    bytesPerSecond: 20e9,
    origin: "calibration",
  });
});

test("virtual functions of one card share its link", () => {
  const topology = syntheticTopology('core:4 memory:8Gi root[gpu:l40s(functions:"2")]');
  const machine = flowMachine(topology, null);
  const parts = topology.accelerators
    .filter(({ address }) =>
      topology.pci.some((one) => one.address === address && one.physicalFunction !== null),
    )
    .map(({ address }) => hopsOf(machine, machine.copyPath(address, own(0), "to-device")));
  expect(parts).toHaveLength(2);
  expect(parts[0]).toEqual(parts[1]);
});

test("a Calibration comes before HMAT, one of emulated CPUs tells nothing", () => {
  const memory = [reads(0, 0, 90, 50e9), reads(0, 1, 150, 20e9)];
  const machine = flowMachine(twoSockets, calibrationOf({ memory }));
  expect(named(machine, "memory of node 0")).toMatchObject({
    bytesPerSecond: 50e9,
    basis: "measured",
    origin: "calibration",
  });
  expect(named(machine, "link from package 1 to package 0").bytesPerSecond).toBe(20e9);
  expect(
    machine.memoryPath({ cpuNodes: own(0), memoryNodes: own(0), writeShare: 0 }),
  ).toMatchObject({ idleNs: 90, basis: "measured" });
  const conditions = { ...calibrationOf({}).conditions, isEmulated: true };
  const emulated = flowMachine(twoSockets, calibrationOf({ memory, conditions }));
  expect(named(emulated, "memory of node 0").bytesPerSecond).toBe(110e9);
});

test("the loaded curve of a Calibration says how waiting grows", () => {
  const points = [0.001, 0.002, 0.003, 0.5, 0.7, 1].map((share) => ({
    bytesPerSecond: share * 50e9,
    latencyNs: share === 1 ? 450 : 90 * (1 + (0.2 * share) / (1 - (share / 1.03) ** 4)),
  }));
  const machine = flowMachine(
    twoSockets,
    calibrationOf({
      memory: [reads(0, 0, 90, 50e9)],
      loaded: [{ initiator: 0, target: 0, points }],
    }),
  );
  const { waiting } = named(machine, "memory of node 0");
  expect(waiting?.growthNs).toBeCloseTo(18, 0);
  expect(waiting?.mostNs).toBeCloseTo(360, -1);
});

test("the peak of a whole machine's curve divides among its nodes, where no matrix says more", () => {
  const points = [
    { bytesPerSecond: 1e9, latencyNs: 80 },
    { bytesPerSecond: 200e9, latencyNs: 300 },
  ];
  const loaded = [{ initiator: null, target: null, points }];
  const machine = flowMachine(
    twoSockets,
    calibrationOf({ loaded, memory: [reads(0, 0, 90, 99e9)] }),
  );
  expect(named(machine, "memory of node 0").bytesPerSecond).toBe(99e9);
  expect(named(machine, "memory of node 1")).toMatchObject({
    bytesPerSecond: 100e9,
    basis: "measured",
  });
});

test("within a package only a figure below the controllers makes a link", () => {
  const snc = (sibling: number): FlowMachine =>
    flowMachine(
      syntheticTopology(
        `package:2 node:2 core:4 memory:64Gi access:80(bandwidth:59G) access:82(to:1 bandwidth:${sibling}G)@0`,
      ),
      null,
    );
  const path = (machine: FlowMachine): string[] =>
    hopsOf(machine, machine.memoryPath({ cpuNodes: own(0), memoryNodes: own(1), writeShare: 0 }));
  expect(path(snc(59))).toEqual(["memory of node 1"]);
  expect(path(snc(19))).toEqual(["memory of node 1", "path from node 1 to node 0"]);
});

test("where no pair of clusters fills the link, published figures say what several get together", () => {
  const topology = syntheticTopology(
    'package:2 node:3 core:4 memory:64Gi cpu:"Intel(R) Xeon(R) 6980P" access:115(bandwidth:188G) ' +
      "access:?(to:3 bandwidth:94G)@0 access:?(to:4 bandwidth:94G)@1 access:?(to:5 bandwidth:94G)@2",
  );
  const machine = flowMachine(topology, null);
  expect(named(machine, "link from package 1 to package 0")).toMatchObject({
    bytesPerSecond: 248e9,
    origin: "published",
  });
  expect(named(machine, "path from node 3 to node 0").bytesPerSecond).toBe(94e9);
  const path = machine.memoryPath({ cpuNodes: own(0), memoryNodes: own(3), writeShare: 0 });
  expect(hopsOf(machine, path)).toEqual([
    "memory of node 3",
    "link from package 1 to package 0",
    "path from node 3 to node 0",
  ]);
});

test("a slow copy from a far node is a limit of its own", () => {
  const copy = (node: number, rate: number): Calibration["copies"][number] => ({
    node,
    accelerator: gpuA,
    index: null,
    hostToDeviceBytesPerSecond: measured(rate),
    deviceToHostBytesPerSecond: null,
    togetherHostToDeviceBytesPerSecond: null,
    togetherDeviceToHostBytesPerSecond: null,
  });
  const machine = flowMachine(
    twoSockets,
    calibrationOf({ copies: [copy(0, 12.15e9), copy(1, 3.78e9)] }),
  );
  expect(named(machine, `PCIe link to ${gpuA}`).bytesPerSecond).toBe(12.15e9);
  expect(hopsOf(machine, machine.copyPath(gpuA, own(1), "to-device"))).toContain(
    `copies from node 1 to ${gpuA}`,
  );
  expect(hopsOf(machine, machine.copyPath(gpuA, own(0), "to-device"))).not.toContain(
    `copies from node 1 to ${gpuA}`,
  );
});

test("published figures by processor, divided among the nodes of a package; else a generic guess", () => {
  const machineOf = (cpu: string): FlowMachine =>
    flowMachine(syntheticTopology(`package:2 node:2 core:4 memory:64Gi cpu:"${cpu}"`), null);
  const published = machineOf("Intel(R) Xeon(R) Gold 6140 CPU @ 2.30GHz");
  expect(named(published, "memory of node 0")).toMatchObject({
    bytesPerSecond: 55.5e9,
    basis: "modelled",
    origin: "published",
  });
  expect(named(published, "link from package 0 to package 1").bytesPerSecond).toBe(34.4e9);
  expect(named(machineOf("Made Up 1"), "memory of node 0")).toMatchObject({
    basis: "unknown",
    origin: "generic",
  });
});

test("what nobody told is null and makes what depends on it unknown", () => {
  const far = syntheticTopology("core:4 memory:8Gi cxl:64Gi*1 root[gpu:l40s(link:?)]@0");
  const machine = flowMachine(far, null);
  expect(named(machine, "memory of node 1").bytesPerSecond).toBeNull();
  const { address } = at(far.accelerators, 0);
  expect(named(machine, `PCIe link to ${address}`)).toMatchObject({
    bytesPerSecond: null,
    basis: "unknown",
  });
  expect(machine.copyPath(address, own(0), "to-device").basis).toBe("unknown");
  const lost = syntheticTopology("package:2 core:4 memory:8Gi root[gpu:l40s]@?");
  const unknown = flowMachine(lost, null);
  expect(unknown.copyPath(at(lost.accelerators, 0).address, own(0), "to-device").basis).toBe(
    "unknown",
  );
});

test("Grace reaches its own GPU over NVLink-C2C, its neighbor's memory over the processors' link", () => {
  const tray = syntheticTopology(
    "package:2 core:72 memory:480Gi root[gpu:gb200]@0 root[gpu:gb200]@1 cpu:Neoverse-V2 vendor:NVIDIA arch:aarch64",
  );
  const machine = flowMachine(tray, null);
  const { address } = at(tray.accelerators, 0);
  expect(hopsOf(machine, machine.copyPath(address, own(0), "to-device"))).toEqual([
    "memory of node 0",
    `NVLink-C2C to ${address}`,
  ]);
  expect(Number(named(machine, "link from package 1 to package 0").bytesPerSecond) / 1e9).toBe(110);
});

test("a machine is compiled once for a topology and a Calibration", () => {
  expect(flowMachine(twoSockets, null)).toBe(flowMachine(twoSockets, null));
  const calibration = calibrationOf({});
  expect(flowMachine(twoSockets, calibration)).toBe(flowMachine(twoSockets, calibration));
  expect(flowMachine(twoSockets, calibration)).not.toBe(flowMachine(twoSockets, null));
});
