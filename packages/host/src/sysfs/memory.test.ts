import { expect, test } from "vitest";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { readSysfs } from "./read.ts";
import { cpuFiles, treeOf, within } from "../../testing/sysfs/tree-of.ts";

const node = "/sys/devices/system/node";
const fourCpus = [0, 1, 2, 3].reduce((all, id) => ({ ...all, ...cpuFiles(id, `${id}`, id) }), {});

function read(
  files: Readonly<Record<string, string>>,
  links: Readonly<Record<string, string>> = {},
): Topology {
  return readSysfs(treeOf({ ...fourCpus, ...files }, links));
}

test("A kernel without NUMA is one node with all CPUs and all memory", () => {
  const { nodes, distances } = read({
    "/proc/meminfo": "MemTotal:        2053992 kB\nMemFree:         1053992 kB\n",
    ...within("/sys/kernel/mm/hugepages/hugepages-2048kB", {
      nr_hugepages: "3",
      free_hugepages: "1",
    }),
  });
  expect(nodes).toEqual([
    {
      id: 0,
      package: 0,
      cpus: "0-3",
      memoryBytes: 2_053_992 * 1024,
      freeBytes: 1_053_992 * 1024,
      sideCacheBytes: null,
      kind: null,
      hugepages: [{ sizeBytes: 2 ** 21, total: 3, free: 1 }],
    },
  ]);
  expect(distances).toBeNull();
});

test("Nodes with holes, without CPUs, and without memory", () => {
  const { nodes, distances, cores } = read({
    ...within(`${node}/node0`, {
      cpulist: "0-1\n",
      meminfo: "Node 0 MemTotal: 1024 kB\nNode 0 MemFree: 512 kB\n",
      distance: "10 21 17\n",
      "hugepages/hugepages-1048576kB/nr_hugepages": "4\n",
      "hugepages/hugepages-1048576kB/free_hugepages": "2\n",
      "hugepages/hugepages-2048kB/nr_hugepages": "0\n",
      "hugepages/hugepages-lots/nr_hugepages": "9\n",
    }),
    ...within(`${node}/node2`, {
      cpumap: "0000000c\n",
      meminfo: "Node 2 MemTotal: 0 kB\n",
      distance: "21 10 28\n",
    }),
    ...within(`${node}/node16`, { cpulist: "\n", distance: "17 28 10\n" }),
  });
  expect(nodes.map(({ id, cpus, memoryBytes }) => [id, cpus, memoryBytes])).toEqual([
    [0, "0-1", 1024 * 1024],
    [2, "2-3", 0],
    [16, "", null],
  ]);
  expect(nodes.map(({ freeBytes }) => freeBytes)).toEqual([512 * 1024, null, null]);
  expect(nodes[0]?.hugepages).toEqual([
    { sizeBytes: 2 ** 21, total: 0, free: null },
    { sizeBytes: 2 ** 30, total: 4, free: 2 },
  ]);
  expect(distances).toEqual([
    [10, 21, 17],
    [21, 10, 28],
    [17, 28, 10],
  ]);
  expect(cores.map((core) => core.node)).toEqual([0, 0, 2, 2]);
});

test("CPUs that are listed by two nodes, or that do not exist, are on no node", () => {
  const { nodes, cores } = read({
    [`${node}/node0/cpulist`]: "0-2,64\n",
    [`${node}/node1/cpulist`]: "2-3\n",
  });
  expect(nodes.map(({ cpus }) => cpus)).toEqual(["0-1", "3"]);
  expect(cores.map((core) => core.node)).toEqual([0, 0, null, 1]);
});

test("nodes that all list the same CPUs have unknown CPUs, and a note says so", () => {
  const notes: string[] = [];
  const tree = treeOf({
    ...fourCpus,
    [`${node}/node0/cpulist`]: "0-3\n",
    [`${node}/node1/cpulist`]: "0-3\n",
  });
  const { nodes, cores } = readSysfs(tree, "fake", (sentence) => void notes.push(sentence));
  expect(nodes.map(({ cpus }) => cpus)).toEqual([null, null]);
  expect(cores.map((core) => core.node)).toEqual([null, null, null, null]);
  expect(notes).toEqual([
    "test lists CPUs 0-3 on each of several nodes (0, 1), as a kernel with numa=fake does: " +
      "the node of these CPUs is unknown",
  ]);
});

test("A node that lost its lists still has links to its CPUs", () => {
  const { nodes } = read(
    { [`${node}/node0/cpulist`]: "" },
    {
      [`${node}/node0/cpu0`]: "../../cpu/cpu0",
      [`${node}/node1/cpu3`]: "../../cpu/cpu3",
    },
  );
  expect(nodes.map(({ cpus }) => cpus)).toEqual(["0", "3"]);
});

test("Distances are whole or unknown", () => {
  const rows = (first: string, second: string): Topology["distances"] =>
    read({
      ...within(`${node}/node0`, { cpulist: "0-1", distance: first }),
      ...within(`${node}/node1`, { cpulist: "2-3", distance: second }),
    }).distances;
  expect(rows("10 21\n", "21 10 ")).toEqual([
    [10, 21],
    [21, 10],
  ]);
  for (const second of ["", "21", "21 10 9", "0 10", "-1 10", "21 x", "21 1e3", "9".repeat(99)]) {
    expect(rows("10 21", second), second).toBeNull();
  }
});

test("A row of distances has a column for each online node, recorded or not", () => {
  const { distances } = read({
    [`${node}/online`]: "0-2\n",
    ...within(`${node}/node0`, { cpulist: "0-1", distance: "10 99 21" }),
    ...within(`${node}/node2`, { cpulist: "2-3", distance: "21 99 10" }),
  });
  expect(distances).toEqual([
    [10, 21],
    [21, 10],
  ]);
});

test("HMAT's best initiators, in nanoseconds and bytes per second", () => {
  const { access } = read(
    {
      ...within(`${node}/node0`, {
        cpulist: "0-3",
        "access0/initiators/read_latency": "89\n",
        "access0/initiators/read_bandwidth": "131072\n",
        "access1/initiators/read_latency": "91\n",
      }),
      ...within(`${node}/node1`, {
        cpulist: "\n",
        "access0/initiators/read_latency": "0\n",
        "access0/initiators/read_bandwidth": "0\n",
        "access1/initiators/read_latency": "255\n",
        "access1/initiators/read_bandwidth": "0\n",
      }),
    },
    {
      [`${node}/node0/access0/initiators/node0`]: "../../../node0",
      [`${node}/node0/access1/initiators/node0`]: "../../../node0",
      [`${node}/node1/access1/initiators/node0`]: "../../../node0",
      [`${node}/node1/access1/initiators/node7`]: "../../../node7",
    },
  );
  expect(access).toEqual([
    { initiator: 0, target: 0, readLatencyNs: 89, readBytesPerSecond: 131_072e6, basis: "hmat" },
    { initiator: 0, target: 1, readLatencyNs: 255, readBytesPerSecond: null, basis: "hmat" },
  ]);
});

test("Memory that CPUs read at least twice as fast as their own is HBM", () => {
  const initiators = "access0/initiators";
  const read3 = (own: string, fast: string): Topology["nodes"] =>
    read(
      {
        ...within(`${node}/node0`, { cpulist: "0-3", [`${initiators}/read_bandwidth`]: own }),
        ...within(`${node}/node1`, { cpulist: "\n", [`${initiators}/read_bandwidth`]: fast }),
      },
      {
        [`${node}/node0/${initiators}/node0`]: "../../../node0",
        [`${node}/node1/${initiators}/node0`]: "../../../node0",
      },
    ).nodes;
  const kinds = (own: string, fast: string): unknown => read3(own, fast).map(({ kind }) => kind);
  expect(kinds("200000\n", "400000\n")).toEqual([null, "hbm"]);
  expect(kinds("200000\n", "399999\n")).toEqual([null, null]);
  expect(kinds("0\n", "400000\n")).toEqual([null, null]);
  expect(kinds("400000\n", "100000\n")).toEqual([null, null]);
});

test("A memory-side cache is in bytes, and of several levels the one next to the memory counts", () => {
  const cache = `${node}/node0/memory_side_cache`;
  const sizeOf = (files: Readonly<Record<string, string>>): unknown =>
    read({ ...within(`${node}/node0`, { cpulist: "0-3" }), ...files }).nodes[0]?.sideCacheBytes;
  expect(sizeOf({ [`${cache}/index1/size`]: "17179869184\n" })).toBe(16 * 2 ** 30);
  const two = { [`${cache}/index2/size`]: "1\n", [`${cache}/index1/size`]: "2\n" };
  expect(sizeOf(two)).toBe(2);
  for (const size of ["0\n", "", "16G\n"]) {
    expect(sizeOf({ [`${cache}/index1/size`]: size }), size).toBeNull();
  }
});

test("CXL memory that firmware handed over as ordinary memory is found where it lies", () => {
  const cxl = "/sys/bus/cxl/devices";
  const region = (name: string, resource: string, size: string, mode = "ram\n") =>
    within(`${cxl}/${name}`, { resource, size, mode });
  const kinds = (files: Readonly<Record<string, string>>): unknown =>
    read(
      {
        ...within(`${node}/node0`, { cpulist: "0-3", meminfo: "Node 0 MemTotal: 8388608 kB\n" }),
        ...within(`${node}/node1`, { cpulist: "\n", meminfo: "Node 1 MemTotal: 4194000 kB\n" }),
        "/sys/devices/system/memory/block_size_bytes": "80000000\n",
        ...files,
      },
      {
        "/sys/devices/system/memory/memory1/node0": "../../node/node0",
        "/sys/devices/system/memory/memory5/node1": "../../node/node1",
        "/sys/devices/system/memory/memory6/node1": "../../node/node1",
      },
    ).nodes.map(({ kind }) => kind);
  const whole = region("region0", "0x280000000\n", "0x100000000\n");
  expect(kinds(whole)).toEqual([null, "cxl"]);
  const halves = {
    ...region("region0", "0x280000000\n", "0x80000000\n"),
    ...region("region3", "0x300000000\n", "0x80000000\n"),
  };
  expect(kinds(halves)).toEqual([null, "cxl"]);
  // Half of the node is other memory, the region is not a node's memory, or it is unknown.
  for (const files of [
    region("region0", "0x280000000\n", "0x80000000\n"),
    region("region0", "0x280000000\n", "0x100000000\n", "pmem\n"),
    region("region0", "0x780000000\n", "0x100000000\n"),
    region("region0", "0x80000000\n", "0x100000000\n"),
    region("region0", "lost\n", "0x100000000\n"),
    { ...whole, "/sys/devices/system/memory/block_size_bytes": "0\n" },
  ]) {
    expect(kinds(files)).toEqual([null, null]);
  }
});

test("A node's kind of memory is known if a driver gives it", () => {
  const devices = {
    "dax0.0": "/sys/devices/LNXSYSTM:00/LNXSYBUS:00/ACPI0012:00/ndbus0/region0/dax0.0/dax0.0",
    "dax1.0": "/sys/devices/platform/ACPI0017:00/root0/decoder0.0/region1/dax_region1/dax1.0",
    "dax2.0": "/sys/devices/platform/hmem.0/dax2.0",
    "dax3.0": "/sys/devices/LNXSYSTM:00/LNXSYBUS:00/ACPI0012:00/ndbus0/region3/dax3.0/dax3.0",
  };
  const files: Record<string, string> = {
    "/proc/driver/nvidia/gpus/0009:01:00.0/numa_status": "Node: 5\nStatus: online\n",
    "/proc/driver/nvidia/gpus/0019:01:00.0/numa_status": "Node: -1\n",
  };
  const links: Record<string, string> = {};
  for (const [i, [name, place]] of Object.entries(devices).entries()) {
    files[`${place}/target_node`] = `${i + 1}\n`;
    links[`/sys/bus/dax/devices/${name}`] = place;
    // The last is a device of its own, and no memory of a node.
    if (name !== "dax3.0") links[`/sys/bus/dax/drivers/kmem/${name}`] = place;
  }
  for (let id = 0; id < 6; id++) files[`${node}/node${id}/cpulist`] = id === 0 ? "0-3\n" : "\n";
  expect(read(files, links).nodes.map(({ kind }) => kind)).toEqual([
    null,
    "pmem",
    "cxl",
    null,
    null,
    "gpu",
  ]);
});
