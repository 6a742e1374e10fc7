import { expect, test } from "vitest";
import { readHwloc } from "./read-hwloc.ts";
import {
  bridge,
  core,
  element,
  gpu,
  hostBridge,
  info,
  mask,
  node,
  nvml,
  object,
  pci,
  threeGpus,
  topology,
  twoPackages,
} from "../../testing/hwloc/export.ts";

test("a programming interface that is 00 everywhere was not read", () => {
  const old = twoPackages({ first: hostBridge("0000:[16-16]", gpu("0000:16:00.0")) });
  expect(readHwloc(old, "x.xml").pci[0]?.class).toBe("0302");
});

test("a device is on the only node of its object, or on an unknown one", () => {
  const at = (buses: string, busid: string): string => hostBridge(buses, gpu(busid));
  const group = (cpus: string, ...below: string[]): string =>
    object("Group", { cpuset: mask(cpus), kind: 1000 }, ...below);
  const machine = readHwloc(
    twoPackages({
      first: group("0-1", at("0000:[01-01]", "0000:01:00.0")),
      second: at("0000:[02-02]", "0000:02:00.0"),
      machine:
        group("2-5", at("0000:[03-03]", "0000:03:00.0")) + at("0000:[04-04]", "0000:04:00.0"),
    }),
    "x.xml",
  );
  expect(machine.pci.map((device) => device.node)).toEqual([0, 1, null, null]);
  const single = topology(
    "2.0",
    object(
      "Machine",
      { cpuset: mask("0") },
      node(3, "0"),
      core(0, "0"),
      at("0000:[04-04]", "0000:04:00.0"),
    ),
  );
  expect(readHwloc(single, "x.xml").pci[0]?.node).toBe(3);
});

test("in an export without host bridges the roots are named after the topmost bus", () => {
  const first = bridge("0000:15:01.0", "0000:[16-16]", gpu("0000:16:00.0")) + gpu("0000:20:00.0");
  expect(readHwloc(twoPackages({ first }), "x.xml").pci.map(({ root }) => root)).toEqual([
    "pci0000:15",
    "pci0000:15",
    "pci0000:20",
  ]);
});

const matrix = (name: string, ends: string[], values: number[][]): string =>
  element(
    "distances2hetero",
    { nbobjs: ends.length, kind: 25, name },
    element("indexes", { length: 1 }, ends.map((end) => `${end} `).join("")),
    ...values.map((row) => element("u64values", { length: 1 }, `${row.join(" ")} `)),
  );

test("NVLinks are counted, directly and through switches", () => {
  const ends = ["OSDev:501", "OSDev:502", "OSDev:503", "PCIDev:77"];
  const values = [
    [1e6, 50_000, 0, 450_000],
    [50_000, 1e6, 30_001, 0],
    [0, 30_001, 1e6, 300_000],
    [450_000, 0, 300_000, 1e6],
  ];
  const beside = matrix("NVLinkBandwidth", ends, values);
  const links = readHwloc(twoPackages({ first: threeGpus(), beside }), "x.xml").links;
  expect(links).toEqual([
    { a: "0000:01:00.0", b: "0000:02:00.0", kind: "nvlink", lanes: 2 },
    { a: "0000:01:00.0", b: "0000:03:00.0", kind: "nvlink", lanes: 12 },
    { a: "0000:02:00.0", b: "0000:03:00.0", kind: "nvlink", lanes: null },
  ]);
});

test("the first generation of NVLink has slower links", () => {
  const values = [
    [1e6, 40_000],
    [40_000, 1e6],
  ];
  const beside = matrix("NVLinkBandwidth", ["OSDev:501", "OSDev:502"], values);
  const first = threeGpus("0302 [10de:15f9] [10de:116b] a1 00");
  expect(readHwloc(twoPackages({ first, beside }), "x.xml").links[0]?.lanes).toBe(2);
});

test("A pair with one hop has an XGMI link, where the output has hops", () => {
  const ends = ["OSDev:501", "OSDev:502", "OSDev:503"];
  const bandwidth = ends.map((_, i) => ends.map((__, j) => (i === j ? 1e6 : 100_000)));
  const hops = [
    [0, 1, 2],
    [1, 0, 1],
    [2, 1, 0],
  ];
  const first = threeGpus("1200 [1002:74a1] [1002:74a1] 00 00");
  const beside = matrix("XGMIBandwidth", ends, bandwidth) + matrix("XGMIHops", ends, hops);
  expect(readHwloc(twoPackages({ first, beside }), "x.xml").links).toEqual([
    { a: "0000:01:00.0", b: "0000:02:00.0", kind: "xgmi", lanes: null },
    { a: "0000:02:00.0", b: "0000:03:00.0", kind: "xgmi", lanes: null },
  ]);
});

const mi50 = "0380 [1002:66a1] [1002:0834] 00 00";
const mi250 = "0380 [1002:740c] [1002:0b0c] 00 00";
const mi300 = "1200 [1002:74a1] [1002:74a1] 00 00";

test.each([
  ["seven links to each of three GPUs", mi300, [1e5, 1e5, 1e5], 3],
  ["two links to each of three GPUs", mi50, [1e5, 1e5, 1e5], 3],
  ["GPUs that may lie in a ring or a row", mi250, [1e5, 1e5, 1e5], 0],
  ["two GPUs alone", mi250, [1e5, 0, 0], 1],
  ["the driver's bandwidth, which is 0 of a path through another", mi250, [2e5, 5e4, 0], 2],
  ["the driver's bandwidth, alike for all", mi250, [5e4, 5e4, 5e4], 3],
])(
  "hop counts of 1 for all XGMI paths are ignored: %s",
  (_, id, [ab = 0, bc = 0, ac = 0], count) => {
    const ends = ["OSDev:501", "OSDev:502", "OSDev:503"];
    const bandwidth = [
      [1e6, ab, ac],
      [ab, 1e6, bc],
      [ac, bc, 1e6],
    ];
    const hops = bandwidth.map((row) => row.map((value) => (value === 1e6 || value === 0 ? 0 : 1)));
    for (const withHops of ["", matrix("XGMIHops", ends, hops)]) {
      const beside = matrix("XGMIBandwidth", ends, bandwidth) + withHops;
      const { links } = readHwloc(twoPackages({ first: threeGpus(id), beside }), "x.xml");
      expect(links).toHaveLength(count);
    }
  },
);

test("accelerators are found by pattern and by compute library", () => {
  const cuda = object(
    "OSDev",
    { name: "cuda0", osdev_type: 8, subtype: "CUDA" },
    info("GPUModel", "NVIDIA Quadro"),
    info("CUDAGlobalMemorySize", "1024KiB"),
  );
  const opencl = object(
    "OSDev",
    { name: "opencl0d0", osdev_type: 8 },
    info("Backend", "OpenCL"),
    info("GPUModel", "Vega"),
    info("OpenCLGlobalMemorySize", "2048"),
  );
  const display = object("OSDev", { name: "card0", osdev_type: 4 });
  const first = hostBridge(
    "0000:[01-05]",
    pci("0000:01:00.0", "0300 [10de:1234] [10de:0000] a1 00", nvml(1), cuda),
    pci("0000:02:00.0", "0300 [1002:6860] [1002:0c35] 00 00", opencl),
    pci("0000:03:00.0", "0300 [1a03:2000] [1a03:2000] 30 00", display),
    pci("0000:04:00.0", "1200 [1da3:9999] [1da3:1000] 01 00", info("PCIDevice", "Gaudi3")),
    gpu("0000:05:00.0"),
  );
  const found = readHwloc(twoPackages({ first }), "x.xml").accelerators;
  expect(found.map(({ address, model, memoryBytes }) => [address, model, memoryBytes])).toEqual([
    ["0000:01:00.0", "Quadro", 1024 * 1024],
    ["0000:02:00.0", "Vega", 2048 * 1024],
    ["0000:04:00.0", "Gaudi3", null],
    ["0000:05:00.0", "H100 SXM5 80GB", null],
  ]);
});

test("NICs are named by their RDMA device; without a driver their ids tell whether they do RDMA", () => {
  const type = "0200 [15b3:1021] [15b3:0041] 00 00";
  const first = hostBridge(
    "0000:[01-03]",
    pci("0000:01:00.0", type, object("OSDev", { name: "eth0", osdev_type: 2 })),
    pci("0000:02:00.0", type, object("OSDev", { name: "mlx5_0", osdev_type: 3 })),
    pci("0000:03:00.0", type),
  );
  const old = twoPackages({ first }).replace('version="3.0"', 'version="2.0"');
  expect(readHwloc(old, "x.xml").nics).toEqual([
    { address: "0000:01:00.0", name: "eth0", rdma: false, ports: null },
    { address: "0000:02:00.0", name: "mlx5_0", rdma: true, ports: null },
    { address: "0000:03:00.0", name: null, rdma: true, ports: null },
  ]);
});

test("of two functions with one address, the one on its bridge's bus counts", () => {
  const first = hostBridge(
    "0000:[00-05]",
    bridge(
      "0000:00:01.0",
      "0000:[04-04]",
      pci("0000:05:00.0", "0200 [8086:1521] [8086:0001] 01 00"),
    ),
    bridge("0000:00:02.0", "0000:[05-05]", gpu("0000:05:00.0")),
  );
  const machine = readHwloc(twoPackages({ first }), "x.xml");
  expect(machine.pci.map(({ address, vendor }) => [address, vendor])).toEqual([
    ["0000:00:01.0", "8086"],
    ["0000:00:02.0", "8086"],
    ["0000:05:00.0", "10de"],
  ]);
});
