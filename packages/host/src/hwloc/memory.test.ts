import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { expect, test } from "vitest";
import { readHwloc } from "./read-hwloc.ts";
import {
  core,
  distances,
  element,
  info,
  mask,
  node,
  object,
  topology,
  twoPackages,
} from "../../testing/hwloc/export.ts";

test("a set without an upper end holds all CPUs above its start", () => {
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

test("a node that is only near CPUs has no CPUs of its own", () => {
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

test("CPUs go to plain memory before other kinds, and to lower numbers before higher", () => {
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

test("a node has unknown CPUs if some near it are on no node", () => {
  const text = topology(
    "2.0",
    object(
      "Machine",
      { cpuset: mask("0-3") },
      node(0, "0"),
      node(1, "0-2"),
      node(2, "3"),
      node(3, "0,3"),
      ...[0, 1, 2, 3].map((id) => core(id, `${id}`)),
    ),
  );
  const nodes = readHwloc(text, "x.xml").nodes.map(({ id, cpus }) => [id, cpus]);
  expect(nodes).toEqual([
    [0, "0"],
    [1, null],
    [2, "3"],
    [3, ""],
  ]);
});

test("memory is unknown if no node has a size, and 0 for a node without one among others", () => {
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
  for (const values of [
    "10 20 20",
    "10 20 20 10 10",
    "10 x 20 10",
    "10 0 0 10",
    "10 256 256 10",
    "",
  ]) {
    expect(read(distances({}, values))).toBeNull();
  }
  const beside = distances({}, "10 20 20 10");
  const third = readHwloc(twoPackages({ machine: node(2, ""), beside }), "x.xml");
  expect(third.distances).toBeNull();
});

test("user-defined latencies in an export of hwloc 1 are not taken for the system's", () => {
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

test("a matrix of hwloc 1 is in the lowest object above the nodes that it covers", () => {
  const matrix = (nodes: number, depth: number, ...values: string[]): string =>
    element(
      "distances",
      { nbobjs: nodes, relative_depth: depth, latency_base: "10.000000" },
      ...values.map((value) => element("latency", { value })),
    );
  const nodeAt = (id: number): string =>
    object("NUMANode", { os_index: id, cpuset: mask(`${id}`) }, core(id, `${id}`));
  const pair = ["1.0", "2.1", "2.1", "1.0"];
  const one = object("Socket", { os_index: 0 }, matrix(2, 1, ...pair), nodeAt(0), nodeAt(1));
  const slit = [
    [10, 21],
    [21, 10],
  ];
  expect(readHwloc(topology(null, object("Machine", {}, one)), "x.xml").distances).toEqual(slit);
  // As many packages as nodes have a matrix of the same size, at another depth.
  const socket = (id: number): string => object("Socket", { os_index: id }, nodeAt(id));
  const both = object(
    "Machine",
    {},
    matrix(2, 1, "1.0", "9.9", "9.9", "1.0"),
    matrix(2, 2, ...pair),
    socket(0),
    socket(1),
  );
  expect(readHwloc(topology(null, both), "x.xml").distances).toEqual(slit);
  // Two packages that know their own nodes only.
  const own = object(
    "Machine",
    {},
    one,
    object("Socket", { os_index: 1 }, matrix(2, 1, ...pair), nodeAt(2), nodeAt(3)),
  );
  expect(readHwloc(topology(null, own), "x.xml").distances).toBeNull();
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

test("memory attributes of Linux are the firmware's latencies and bandwidths", () => {
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

test("memory attributes that are not the firmware's are left out", () => {
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
