import type { Topology } from "@evenkeel/core/topology/topology.ts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { codedError } from "../testing/expect-error.ts";
import { readHwloc } from "./read-hwloc.ts";
import { core, element, info, mask, node, object, topology } from "./testing/export.ts";

const pci = (busid: string, type: string, ...below: string[]): string =>
  object("PCIDev", { pci_busid: busid, pci_type: type, pci_link_speed: "15.753846" }, ...below);
const bridge = (busid: string, buses: string, ...below: string[]): string => {
  const attributes = { bridge_type: "1-1", bridge_pci: buses, pci_busid: busid };
  return object(
    "Bridge",
    { ...attributes, pci_type: "0604 [8086:2030] [8086:0000] 04 00" },
    ...below,
  );
};
const hostBridge = (buses: string, ...below: string[]): string =>
  object("Bridge", { bridge_type: "0-1", bridge_pci: buses }, ...below);

const gpu = (busid: string, ...below: string[]): string =>
  pci(busid, "0302 [10de:2330] [10de:16c1] a1 00", ...below);
const nvml = (id: number, ...infos: string[]): string =>
  object(
    "OSDev",
    { name: `nvml${id}`, osdev_type: 12, subtype: "NVML", gp_index: 500 + id },
    ...infos,
  );

/** Two packages of one node and two cores each, with what is given on either and beside the tree. */
function twoPackages(
  parts: {
    first?: string;
    second?: string;
    machine?: string;
    beside?: string;
    version?: string;
  } = {},
): string {
  const pkg = (id: number, ...children: string[]): string =>
    object("Package", { os_index: id, cpuset: mask(id === 0 ? "0-3" : "4-7") }, ...children);
  const machine = { cpuset: mask("0-7"), complete_cpuset: mask("0-9") };
  return topology(
    parts.version ?? "3.0",
    object(
      "Machine",
      machine,
      pkg(
        0,
        node(0, "0-3", { local_memory: 4096 }),
        core(0, "0-1"),
        core(1, "2-3"),
        parts.first ?? "",
      ),
      pkg(
        1,
        node(1, "4-7", { local_memory: 8192 }),
        core(0, "4-5"),
        core(1, "6-7"),
        parts.second ?? "",
      ),
      parts.machine ?? "",
    ),
    parts.beside ?? "",
  );
}

const distances = (attributes: Record<string, string | number>, values: string): string =>
  element(
    "distances2",
    { type: "NUMANode", nbobjs: 2, kind: 5, name: "NUMALatency", indexing: "os", ...attributes },
    element("indexes", { length: 4 }, "0 1 "),
    element("u64values", { length: 12 }, values),
  );

test("a machine of hwloc 3 is read whole", () => {
  const slot = bridge(
    "0000:15:01.0",
    "0000:[16-17]",
    gpu("0000:16:00.0", nvml(0, info("GPUModel", "NVIDIA H100"), info("NVIDIAUUID", "GPU-1"))),
    pci(
      "0000:17:00.0",
      "0207 [15b3:1021] [15b3:0041] 00 00",
      object("OSDev", { name: "ib0", osdev_type: 16 }),
      object("OSDev", { name: "mlx5_0", osdev_type: 32 }),
    ),
  );
  const machine = readHwloc(
    twoPackages({
      first: hostBridge(
        "0000:[15-17]",
        slot,
        pci("0000:15:00.0", "0108 [144d:a808] [144d:a801] 00 02"),
      ),
      beside: [
        distances({}, "10 21 21 10"),
        info("Backend", "Linux"),
        info("HostName", "hgx-17"),
        info("Architecture", "x86_64"),
        info("PageSizes", "4096,2097152"),
        info("LinuxCgroup", "/"),
      ].join(""),
    }),
    "/tmp/some.xml",
  );
  const expected: Partial<Topology> = {
    name: "hgx-17",
    source: "hwloc",
    machine: {
      vendor: null,
      product: null,
      cpuModel: null,
      architecture: "x86_64",
      pageBytes: 4096,
    },
    nodes: [
      { id: 0, package: 0, cpus: "0-3", memoryBytes: 4096, kind: null, hugepages: [] },
      { id: 1, package: 1, cpus: "4-7", memoryBytes: 8192, kind: null, hugepages: [] },
    ],
    distances: [
      [10, 21],
      [21, 10],
    ],
    access: [],
    offlineCpus: "8-9",
    nics: [{ address: "0000:17:00.0", name: "mlx5_0", rdma: true }],
    accelerators: [
      {
        address: "0000:16:00.0",
        model: "H100 SXM5 80GB",
        uuid: "GPU-1",
        moduleId: null,
        memoryBytes: null,
      },
    ],
  };
  expect(machine).toMatchObject(expected);
  expect(machine.cores.map(({ cpus, package: pkg, node: on }) => [cpus, pkg, on])).toEqual([
    ["0-1", 0, 0],
    ["2-3", 0, 0],
    ["4-5", 1, 1],
    ["6-7", 1, 1],
  ]);
  expect(
    machine.pci.map(({ address, parent, root, class: code, node: on }) => [
      address,
      parent,
      root,
      code,
      on,
    ]),
  ).toEqual([
    ["0000:15:00.0", null, "pci0000:15", "010802", 0],
    ["0000:15:01.0", null, "pci0000:15", "060400", 0],
    ["0000:16:00.0", "0000:15:01.0", "pci0000:15", "030200", 0],
    ["0000:17:00.0", "0000:15:01.0", "pci0000:15", "020700", 0],
  ]);
  expect(
    machine.pci.every(
      ({ link, driver, barBytes }) => link === null && driver === null && barBytes === null,
    ),
  ).toBe(true);
});

test("an interface that is 00 everywhere is one that nobody has read", () => {
  const old = twoPackages({ first: hostBridge("0000:[16-16]", gpu("0000:16:00.0")) });
  expect(readHwloc(old, "x.xml").pci[0]?.class).toBe("0302");
});

test("a machine of hwloc 1 is read with its sockets, caches, distances and offline CPUs", () => {
  const socket = (id: number, cpus: string, cores: string[]): string =>
    object(
      "NUMANode",
      { os_index: id, cpuset: mask(cpus), local_memory: 1 << 30 },
      element("page_type", { size: 4096, count: 200 }),
      element("page_type", { size: 1073741824, count: 0 }),
      element("page_type", { size: 2097152, count: 7 }),
      object(
        "Socket",
        { os_index: id, cpuset: mask(cpus) },
        info("CPUModel", "Xeon  E5 "),
        object("Cache", { cpuset: mask(cpus), depth: 3, cache_type: 0 }, ...cores),
      ),
    );
  const text = topology(
    null,
    object(
      "Machine",
      {
        cpuset: mask("0-3"),
        complete_cpuset: mask("0-6"),
        online_cpuset: mask("0-4"),
        allowed_cpuset: "0xf...f",
      },
      info("DMIProductName", "......"),
      info("hwlocVersion", "1.11.13"),
      element(
        "distances",
        { nbobjs: 3, relative_depth: 1, latency_base: "10.000000" },
        ...["1.0", "2.1", "3.1", "2.1", "1.0", "2.1", "3.1", "2.1", "1.0"].map((value) =>
          element("latency", { value: `${value}00000` }),
        ),
      ),
      socket(0, "0-1", [core(0, "0-1")]),
      socket(1, "2-3", [core(0, "2-3")]),
      object("NUMANode", { os_index: 4, cpuset: "0x0", local_memory: 99 }, info("Type", "MCDRAM")),
    ),
  );
  const machine = readHwloc(text, "old.xml");
  expect(machine.name).toBe("old");
  expect(machine.machine).toMatchObject({ product: null, cpuModel: "Xeon E5", pageBytes: 4096 });
  const hugepages = [
    { sizeBytes: 2097152, total: 7, free: null },
    { sizeBytes: 1073741824, total: 0, free: null },
  ];
  expect(machine.nodes).toEqual([
    { id: 0, package: 0, cpus: "0-1", memoryBytes: 1 << 30, kind: null, hugepages },
    { id: 1, package: 1, cpus: "2-3", memoryBytes: 1 << 30, kind: null, hugepages },
    { id: 4, package: null, cpus: "", memoryBytes: 99, kind: "hbm", hugepages: [] },
  ]);
  expect(machine.distances).toEqual([
    [10, 21, 31],
    [21, 10, 21],
    [31, 21, 10],
  ]);
  // CPU 4 was not allowed to the exporting process; 5 and 6 were offline.
  expect(machine.offlineCpus).toBe("5-6");
  expect(machine.cores.map(({ l3 }) => l3)).toEqual([0, 1]);
});

test("the memory of a machine that hwloc 1 shows without nodes is its one node", () => {
  const text = topology(
    null,
    object("Machine", { cpuset: "0xf...f", local_memory: 123 }, core(0, "0"), core(1, "1")),
  );
  expect(readHwloc(text, "x.xml").nodes).toEqual([
    { id: 0, package: null, cpus: "0-1", memoryBytes: 123, kind: null, hugepages: [] },
  ]);
});

test("sets without an upper end hold every CPU above it", () => {
  const text = topology(
    "2.0",
    object(
      "Machine",
      { cpuset: "0xf...f" },
      object("NUMANode", { os_index: 0, cpuset: "0xf...f,0xfffffffe" }),
      object("NUMANode", { os_index: 1, cpuset: "0x00000001" }),
      core(0, "0"),
      core(1, "1"),
      core(2, "40"),
    ),
  );
  expect(readHwloc(text, "x.xml").nodes.map(({ cpus }) => cpus)).toEqual(["1,40", "0"]);
});

test("a node that is only near to CPUs has none of its own", () => {
  const text = twoPackages({
    first: node(2, "0-3", { subtype: "HBM" }),
    second: node(3, "4-7", { subtype: "CXL-DRAM" }),
    machine: node(4, "0-7"),
  });
  const nodes = readHwloc(text, "x.xml").nodes.map(({ id, cpus, kind }) => [id, cpus, kind]);
  expect(nodes).toEqual([
    [0, "0-3", null],
    [1, "4-7", null],
    [2, "", "hbm"],
    [3, "", "cxl"],
    [4, "", null],
  ]);
});

test("plain memory has the CPUs before other kinds, and lower numbers before higher", () => {
  const machine = (...nodes: string[]): string =>
    topology("2.0", object("Machine", { cpuset: mask("0-1") }, ...nodes, core(0, "0-1")));
  const own = (text: string): number[] =>
    readHwloc(text, "x.xml").nodes.flatMap(({ id, cpus }) => (cpus === "" ? [] : [id]));
  expect(own(machine(node(1, "0-1"), node(0, "0-1", { subtype: "HBM" })))).toEqual([1]);
  expect(own(machine(node(1, "0-1"), node(0, "0-1")))).toEqual([0]);
  expect(
    own(machine(node(1, "0-1", { subtype: "HBM" }), node(2, "0-1", { subtype: "CXL-DRAM" }))),
  ).toEqual([1]);
});

test("memory that is nowhere told is unknown, and none where others have some", () => {
  const machine = (...nodes: string[]): string =>
    topology("2.0", object("Machine", { cpuset: mask("0-1") }, ...nodes, core(0, "0-1")));
  const memory = (text: string): unknown =>
    readHwloc(text, "x.xml").nodes.map((n) => n.memoryBytes);
  expect(memory(machine(node(0, "0-1")))).toEqual([null]);
  expect(memory(machine(node(0, "0-1"), node(1, "", { local_memory: 5 })))).toEqual([0, 5]);
});

test("distances are those of the system between all nodes, or unknown", () => {
  const read = (...matrices: string[]): Topology["distances"] =>
    readHwloc(twoPackages({ beside: matrices.join("") }), "x.xml").distances;
  const slit = [
    [10, 20],
    [20, 10],
  ];
  expect(read(distances({}, "10 20 20 10"))).toEqual(slit);
  expect(
    read(distances({ name: "Mine", kind: 6 }, "1 2 2 1"), distances({}, "10 20 20 10")),
  ).toEqual(slit);
  const own = [{ name: "Mine" }, { kind: 6 }, { kind: 9 }, { indexing: "gp" }, { type: "PU" }];
  for (const other of own) expect(read(distances(other, "1 2 2 1"))).toBeNull();
  for (const values of ["10 20 20", "10 20 20 10 10", "10 x 20 10", "10 0 0 10", ""]) {
    expect(read(distances({}, values))).toBeNull();
  }
  const beside = distances({}, "10 20 20 10");
  const third = readHwloc(twoPackages({ machine: node(2, ""), beside }), "x.xml");
  expect(third.distances).toBeNull();
});

test("somebody's own latencies in an export of hwloc 1 are not taken for the system's", () => {
  const text = (...values: string[]): string =>
    topology(
      null,
      object(
        "Machine",
        { cpuset: mask("0-1") },
        element(
          "distances",
          { nbobjs: 2, relative_depth: 1, latency_base: "13.700000" },
          ...values.map((value) => element("latency", { value })),
        ),
        object("NUMANode", { os_index: 0, cpuset: mask("0") }, core(0, "0")),
        object("NUMANode", { os_index: 1, cpuset: mask("1") }, core(1, "1")),
      ),
    );
  expect(readHwloc(text("1.0", "1.2", "1.2", "1.0"), "x.xml").distances).toBeNull();
  expect(readHwloc(text("1.0", "1.2", "1.2"), "x.xml").distances).toBeNull();
});

const memattr = (
  name: string,
  ...values: [target: number, cpus: string, value: number][]
): string =>
  element(
    "memattr",
    { name, flags: 5 },
    ...values.map(([target, cpus, value]) =>
      element("memattr_value", {
        target_obj_type: "NUMANode",
        target_obj_gp_index: 1000 + target,
        value,
        initiator_cpuset: mask(cpus),
      }),
    ),
  );

test("memory attributes of Linux are firmware's latencies and bandwidths", () => {
  const beside = [
    info("Backend", "Linux"),
    memattr("Bandwidth", [0, "0-3", 1], [1, "4-7", 1]),
    memattr("ReadBandwidth", [0, "0-3", 131072], [1, "0-7", 4096]),
    memattr("Latency", [0, "0-3", 26], [1, "0-1", 99]),
  ].join("");
  expect(readHwloc(twoPackages({ beside }), "x.xml").access).toEqual([
    { initiator: 0, target: 0, readLatencyNs: 26, readBytesPerSecond: 131_072e6, basis: "hmat" },
    { initiator: 0, target: 1, readLatencyNs: null, readBytesPerSecond: 4096e6, basis: "hmat" },
    { initiator: 1, target: 1, readLatencyNs: null, readBytesPerSecond: 4096e6, basis: "hmat" },
  ]);
});

test("memory attributes that no firmware gave are left out", () => {
  const values = memattr("Bandwidth", [0, "0-3", 90000]);
  const synthetic = twoPackages({ beside: info("Backend", "Synthetic") + values });
  expect(readHwloc(synthetic, "x.xml").access).toEqual([]);
  const knightsLanding = [
    info("CPUVendor", "GenuineIntel"),
    info("CPUFamilyNumber", "6"),
    info("CPUModelNumber", "87"),
  ].join("");
  const phi = twoPackages({ first: knightsLanding, beside: info("Backend", "Linux") + values });
  expect(readHwloc(phi, "x.xml").access).toEqual([]);
});

test("a device is on the one node that its place has, or on none that is known", () => {
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

test("an export without host bridges names its roots after the topmost bus", () => {
  const first = bridge("0000:15:01.0", "0000:[16-16]", gpu("0000:16:00.0")) + gpu("0000:20:00.0");
  expect(readHwloc(twoPackages({ first }), "x.xml").pci.map(({ root }) => root)).toEqual([
    "pci0000:15",
    "pci0000:15",
    "pci0000:20",
  ]);
});

test("without cores for all CPUs no cores are made up", () => {
  const loose = object("PU", { os_index: 2, cpuset: mask("2") });
  const text = topology(
    "2.0",
    object("Machine", { cpuset: mask("0-2") }, node(0, "0-2"), core(0, "0-1"), loose),
  );
  expect(readHwloc(text, "x.xml").cores).toEqual([]);
});

test("clusters and dies are numbered over the machine; a cache beside memory is no L3", () => {
  const inner = (cpus: string, number: number): string =>
    object(
      "Die",
      { cpuset: mask(cpus), os_index: 0 },
      object("Group", { cpuset: mask(cpus), kind: 222, subtype: "Cluster" }, core(number, cpus)),
    );
  const cache = { cpuset: mask("0-3"), depth: 3, subtype: "MemorySideCache" };
  const text = topology(
    "3.0",
    object(
      "Machine",
      { cpuset: mask("0-3") },
      node(0, "0-3"),
      object("L3Cache", cache, inner("0-1", 0), inner("2-3", 1)),
    ),
  );
  const cores = readHwloc(text, "x.xml").cores;
  expect(cores.map(({ die, cluster, l3 }) => [die, cluster, l3])).toEqual([
    [0, 0, null],
    [1, 1, null],
  ]);
});

const matrix = (name: string, ends: string[], values: number[][]): string =>
  element(
    "distances2hetero",
    { nbobjs: ends.length, kind: 25, name },
    element("indexes", { length: 1 }, ends.map((end) => `${end} `).join("")),
    ...values.map((row) => element("u64values", { length: 1 }, `${row.join(" ")} `)),
  );
const threeGpus = (type = "0302 [10de:2330] [10de:16c1] a1 00"): string =>
  hostBridge(
    "0000:[01-09]",
    ...[1, 2, 3].map((bus) => pci(`0000:0${bus}:00.0`, type, nvml(bus))),
    object("PCIDev", {
      pci_busid: "0000:09:00.0",
      pci_type: "0680 [10de:22a3] [10de:1796] a1 01",
      gp_index: 77,
    }),
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

test("XGMI links are those of one hop", () => {
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
  const alone = matrix("XGMIBandwidth", ends, bandwidth);
  expect(readHwloc(twoPackages({ first, beside: alone }), "x.xml").links).toHaveLength(3);
});

test("what is no export of hwloc is refused", async () => {
  const cpu = (attributes: Record<string, string | number>): string =>
    topology("2.0", object("Machine", { cpuset: mask("0") }, object("PU", attributes)));
  const bad: [string, RegExp][] = [
    ["<domain/>", /is an XML document of <domain>/],
    [topology("4.0", core(0, "0")), /format version 4.0/],
    [topology("2.0"), /no object/],
    [topology("2.0", object("Machine", { cpuset: "0x1" })), /no CPU/],
    [cpu({ cpuset: "0x1" }), /CPU without a number/],
    [cpu({ os_index: 4294967295, cpuset: "0x1" }), /CPU without a number/],
    [cpu({ os_index: 99999, cpuset: "0x1" }), /CPU without a number/],
    [cpu({ os_index: 0, cpuset: "zero" }), /PU has "zero" for a set of CPUs/],
    [twoPackages({ first: core(5, "7") }), /several machines/],
    [twoPackages({ first: pci("1:2", "0302 [10de:2330]") }), /"1:2" for a PCI address/],
    [twoPackages({ first: pci("0000:01:00.0", "gpu") }), /"gpu" for a PCI type/],
  ];
  for (const [text, message] of bad) {
    const error = await codedError("xml-unexpected", () => readHwloc(text, "x.xml"));
    expect(error.message).toMatch(message);
    expect(error.where).toBe("x.xml");
  }
  const twice = twoPackages({ first: node(1, "") });
  await codedError("topology-inconsistent", () => readHwloc(twice, "x.xml"));
});

test("a large machine is read in little time, and a huge one is read or refused in two seconds", () => {
  const cores = [...Array(4096).keys()].map((i) => core(i, `${2 * i}-${2 * i + 1}`));
  const text = topology(
    "2.0",
    object("Machine", { cpuset: mask("0-8191") }, node(0, "0-8191"), ...cores),
  );
  const started = process.cpuUsage();
  expect(readHwloc(text, "x.xml").cores).toHaveLength(4096);
  const used = process.cpuUsage(started);
  expect((used.user + used.system) / 1e6).toBeLessThan(2);
});

test("an export with anything changed in it is read or refused, never anything else", () => {
  const whole = twoPackages({ first: threeGpus(), beside: distances({}, "10 21 21 10") });
  const change = fc.record({
    at: fc.nat({ max: whole.length }),
    remove: fc.nat({ max: 12 }),
    insert: fc.constantFrom(
      "",
      "0",
      "9999999999",
      "-1",
      '"',
      "x",
      "<",
      "object",
      "0xffffffff,,",
      "__proto__",
    ),
  });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      let text = whole;
      for (const { at, remove, insert } of changes) {
        text = text.slice(0, at) + insert + text.slice(at + remove);
      }
      try {
        readHwloc(text, "x.xml");
      } catch (error) {
        expect(error).toMatchObject({
          name: "EvenkeelError",
          code: expect.stringMatching(/^(xml-|topology-inconsistent)/),
        });
      }
    }),
    { numRuns: 2000 },
  );
});
