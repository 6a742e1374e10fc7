import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { unknownParts } from "@evenkeel/core/topology/unknown-settings.ts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { codedError } from "../../testing/expect-error.ts";
import { readHwloc } from "./read-hwloc.ts";
import {
  bridge,
  core,
  distances,
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
      {
        id: 0,
        package: 0,
        cpus: "0-3",
        memoryBytes: 4096,
        freeBytes: null,
        sideCacheBytes: null,
        kind: null,
        hugepages: null,
      },
      {
        id: 1,
        package: 1,
        cpus: "4-7",
        memoryBytes: 8192,
        freeBytes: null,
        sideCacheBytes: null,
        kind: null,
        hugepages: null,
      },
    ],
    distances: [
      [10, 21],
      [21, 10],
    ],
    access: [],
    offlineCpus: "8-9",
    nics: [{ address: "0000:17:00.0", name: "mlx5_0", rdma: true, ports: null }],
    accelerators: [
      {
        address: "0000:16:00.0",
        model: "H100 SXM5 80GB",
        uuid: "GPU-1",
        moduleId: null,
        memoryBytes: null,
        ...unknownParts,
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
    {
      id: 0,
      package: 0,
      cpus: "0-1",
      memoryBytes: 1 << 30,
      freeBytes: null,
      sideCacheBytes: null,
      kind: null,
      hugepages,
    },
    {
      id: 1,
      package: 1,
      cpus: "2-3",
      memoryBytes: 1 << 30,
      freeBytes: null,
      sideCacheBytes: null,
      kind: null,
      hugepages,
    },
    {
      id: 4,
      package: null,
      cpus: "",
      memoryBytes: 99,
      freeBytes: null,
      sideCacheBytes: null,
      kind: "hbm",
      hugepages: null,
    },
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

test("a machine that hwloc 1 exports without nodes has one node with its memory", () => {
  const text = topology(
    null,
    object("Machine", { cpuset: "0xf...f", local_memory: 123 }, core(0, "0"), core(1, "1")),
  );
  expect(readHwloc(text, "x.xml").nodes).toEqual([
    {
      id: 0,
      package: null,
      cpus: "0-1",
      memoryBytes: 123,
      freeBytes: null,
      sideCacheBytes: null,
      kind: null,
      hugepages: null,
    },
  ]);
});

test("a document that is not an export of hwloc is refused", async () => {
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
    [cpu({ os_index: 0, cpuset: "zero" }), /PU has "zero" as its set of CPUs/],
    [twoPackages({ first: node(4294967295, "") }), /NUMA node without a number/],
    [twoPackages({ first: core(5, "7") }), /several machines/],
    [twoPackages({ first: gpu("0000:01:00.0").repeat(8193) }), /has 8193 objects of type PCIDev/],
    [twoPackages({ first: pci("1:2", "0302 [10de:2330]") }), /"1:2" as its PCI address/],
    [twoPackages({ first: pci("0000:01:00.0", "gpu") }), /"gpu" as its PCI type/],
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

test("any changed export is read, or refused with a code", () => {
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
