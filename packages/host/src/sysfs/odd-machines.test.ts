import { expect, test } from "vitest";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { memoryTree } from "../tree/memory-tree.ts";
import { findRoots } from "../tree/roots.ts";
import { readSysfs } from "./read.ts";
import { treeOf, within } from "../../testing/sysfs/tree-of.ts";

/** Machines as few have them, and recordings as people make them. */

type Files = Readonly<Record<string, string>>;

const system = "/sys/devices/system";
const read = (files: Files, links: Files = {}): Topology => readSysfs(treeOf(files, links));

/** CPUs with the same files each, which may depend on its number. */
function cpus(numbers: readonly number[], files: (cpu: number) => Files): Files {
  return Object.assign(
    {},
    ...numbers.map((cpu) => within(`${system}/cpu/cpu${cpu}/topology`, files(cpu))),
  );
}
const four = [0, 1, 2, 3];
const nodeCpus = ({ nodes }: Topology): (readonly [number, string | null])[] =>
  nodes.map((node) => [node.id, node.cpus]);
const packages = ({ cores }: Topology): (number | null)[] => cores.map((core) => core.package);

test("POWER9 numbers its nodes sparsely: those of GPUs count down from 255", () => {
  const ids = [0, 8, 252, 253, 254, 255];
  const row = (at: number): string =>
    ids.map((id) => (id === at ? 10 : id + at === 8 ? 40 : 80)).join(" ");
  const nodes = Object.assign(
    {},
    ...ids.map((id) =>
      within(`${system}/node/node${id}`, {
        cpulist: id === 0 ? "0-1\n" : id === 8 ? "2-3\n" : "\n",
        meminfo: `Node ${id} MemTotal:       1024 kB\n`,
        distance: `${row(id)}\n`,
      }),
    ),
  );
  const topology = read({
    ...nodes,
    ...cpus(four, (cpu) => ({ physical_package_id: cpu < 2 ? "0" : "8", core_id: `${cpu * 4}` })),
    [`${system}/node/online`]: "0,8,252-255\n",
    "/proc/driver/nvidia/gpus/0035:03:00.0/numa_status": "Node:  254\nStatus: online\n",
  });
  expect(nodeCpus(topology)).toEqual([
    [0, "0-1"],
    [8, "2-3"],
    [252, ""],
    [253, ""],
    [254, ""],
    [255, ""],
  ]);
  expect(topology.distances?.[1]).toEqual([40, 10, 80, 80, 80, 80]);
  expect(topology.nodes.map(({ kind }) => kind)).toEqual([null, null, null, null, "gpu", null]);
});

test("Nodes and CPUs may have numbers far beyond a thousand", () => {
  const topology = read({
    ...cpus([9000, 9001], () => ({ thread_siblings_list: "9000-9001" })),
    [`${system}/cpu/possible`]: "0-16383\n",
    [`${system}/node/node2000/cpulist`]: "9000-9001\n",
  });
  expect(nodeCpus(topology)).toEqual([[2000, "9000-9001"]]);
  expect(topology.cores).toMatchObject([{ node: 2000, cpus: "9000-9001" }]);
});

test("s390 sockets with one number in two books are two packages", () => {
  const files = cpus([0, 1, 2, 3, 4, 5, 6, 7], (cpu) => ({
    physical_package_id: `${(cpu >> 1) & 1}`,
    book_id: `${cpu >> 2}`,
    drawer_id: "0",
  }));
  expect(packages(read(files))).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
  const apart = cpus(four, (cpu) => ({ physical_package_id: `${cpu >> 1}`, book_id: "7" }));
  expect(packages(read(apart))).toEqual([0, 0, 1, 1]);
});

test("A package number of -1, of any width, is unknown", () => {
  for (const id of ["-1", "65535", "4294967295"]) {
    const files = cpus(four, () => ({ physical_package_id: id, core_siblings_list: "0-3" }));
    expect(packages(read(files)), id).toEqual([null, null, null, null]);
  }
});

test("Packages without numbers are told apart by the kernel's lists of their CPUs", () => {
  const files = cpus(four, (cpu) => ({ core_siblings: cpu % 2 === 0 ? "5" : "a" }));
  expect(packages(read(files))).toEqual([0, 1, 0, 1]);
});

test("A CPU without siblings is in the core of the CPU that lists it", () => {
  const files = {
    ...cpus([0, 1], () => ({ core_id: "0" })),
    ...cpus([2], () => ({ core_id: "5" })),
  };
  const topology = read({
    ...files,
    ...cpus([3], () => ({ core_id: "5", core_cpus_list: "2-3" })),
  });
  expect(topology.cores.map((core) => core.cpus)).toEqual(["0", "1", "2-3"]);
});

test("A node without a list of CPUs gets the CPUs that link to it, or all if it is the only one", () => {
  const files = {
    ...cpus(four, () => ({ core_id: "0" })),
    [`${system}/node/node0/meminfo`]: "Node 0 MemTotal: 1024 kB\n",
  };
  expect(nodeCpus(read(files))).toEqual([[0, "0-3"]]);
  const two = { ...files, [`${system}/node/node1/meminfo`]: "Node 1 MemTotal: 1024 kB\n" };
  expect(nodeCpus(read(two))).toEqual([
    [0, null],
    [1, null],
  ]);
  const links = Object.fromEntries(
    four.map((cpu) => [`${system}/cpu/cpu${cpu}/node${cpu >> 1}`, `../../node/node${cpu >> 1}`]),
  );
  expect(nodeCpus(read(two, links))).toEqual([
    [0, "0-1"],
    [1, "2-3"],
  ]);
});

test("A node that is switched off is left out, and its CPUs are on no node", () => {
  const topology = read({
    ...cpus(four, () => ({ core_id: "0" })),
    [`${system}/node/online`]: "1\n",
    [`${system}/node/node0/cpulist`]: "0-1\n",
    [`${system}/node/node1/cpulist`]: "2-3\n",
    [`${system}/node/node1/distance`]: "10\n",
  });
  expect(nodeCpus(topology)).toEqual([[1, "2-3"]]);
  expect(topology.cores.map(({ node }) => node)).toEqual([null, null, 1, 1]);
  expect(topology.distances).toEqual([[10]]);
});

test("Rows of distances may have columns for nodes that are offline, or not recorded", () => {
  const files = {
    ...cpus([0, 1], () => ({ core_id: "0" })),
    [`${system}/node/node0/cpulist`]: "0\n",
    [`${system}/node/node2/cpulist`]: "1\n",
    [`${system}/node/possible`]: "0-3\n",
  };
  const rows = (zero: string, two: string): Files => ({
    ...files,
    [`${system}/node/node0/distance`]: `${zero}\n`,
    [`${system}/node/node2/distance`]: `${two}\n`,
  });
  const known = [
    [10, 20],
    [21, 10],
  ];
  const online = { [`${system}/node/online`]: "0,2\n" };
  expect(read({ ...rows("10 20", "21 10"), ...online }).distances).toEqual(known);
  expect(read({ ...rows("10 255 20 255", "21 255 10 255"), ...online }).distances).toEqual(known);
  const kept = { [`${system}/node/online`]: "0-2\n" };
  expect(read({ ...rows("10 30 20", "21 30 10"), ...kept }).distances).toEqual(known);
  expect(read({ ...rows("10 20", "21"), ...online }).distances).toBeNull();
});

test("An invalid list, or one that was cut at a page, is replaced by the mask beside it", () => {
  const files = { ...cpus(four, () => ({ core_id: "0" })), [`${system}/node/node0/cpumap`]: "f\n" };
  const cut = `0,${"2,".repeat(2046)}13`.slice(0, 4095);
  for (const cpulist of ["(null)\n", cut]) {
    expect(nodeCpus(read({ ...files, [`${system}/node/node0/cpulist`]: cpulist }))).toEqual([
      [0, "0-3"],
    ]);
  }
  const alone = { ...cpus(four, () => ({ core_id: "0" })), [`${system}/node/node0/cpulist`]: cut };
  expect(() => read(alone)).toThrow(expect.objectContaining({ code: "tree-malformed" }));
});

test("CPUs that are recorded only in a list are read", () => {
  const topology = read({
    [`${system}/cpu/online`]: "0-3\n",
    [`${system}/node/node0/cpulist`]: "0-1\n",
    [`${system}/node/node1/cpulist`]: "2-3\n",
  });
  expect(topology.cores.map(({ node }) => node)).toEqual([0, 0, 1, 1]);
});

test("Without /sys the processors are read from /proc/cpuinfo", () => {
  const x86 = [0, 1, 2, 3]
    .map((cpu) => `processor\t: ${cpu}\nphysical id\t: ${cpu & 1}\ncore id\t\t: 7\n`)
    .join("\n");
  expect(read({ "/proc/cpuinfo": x86 }).cores).toMatchObject([
    { package: 0, cpus: "0,2" },
    { package: 1, cpus: "1,3" },
  ]);
  const s390 =
    "vendor_id : IBM/S390\n# processors : 2\nprocessor 0: version = FF\nprocessor 4: version = FF\n";
  const mainframe = read({ "/proc/cpuinfo": s390 });
  expect(mainframe.cores.map((core) => core.cpus)).toEqual(["0", "4"]);
  expect(nodeCpus(mainframe)).toEqual([[0, "0,4"]]);
  expect(() => read({ "/proc/cpuinfo": "" })).toThrow(
    expect.objectContaining({ code: "tree-empty" }),
  );
  const bundle = memoryTree(new Map([["/host/proc/cpuinfo", x86]]), new Map(), "bundle");
  expect(findRoots(bundle)).toEqual([{ path: "/host", standsFor: "/" }]);
});

const host = { [`${system}/cpu/online`]: "0\n", ...cpus([0], () => ({ core_id: "0" })) };
const functionAt = (path: string): Files =>
  within(path, {
    class: "0x060400\n",
    vendor: "0x8086\n",
    device: "0x1234\n",
    numa_node: "65535\n",
  });

test("A device with an unreadable list of CPUs has an unknown node, and the machine is read", () => {
  const place = "/sys/devices/pci0000:00/0000:00:0e.0";
  const identity = { class: "0x060400\n", vendor: "0x8086\n", device: "0x1234\n" };
  const nodeOf = (local: Files): number | null | undefined =>
    read({
      ...cpus([0, 1], () => ({ core_id: "0" })),
      ...within(place, { ...identity, ...local }),
      [`${system}/node/node0/cpulist`]: "0\n",
      [`${system}/node/node1/cpulist`]: "1\n",
    }).pci[0]?.node;
  expect(nodeOf({ local_cpulist: "Input/output error\n" })).toBeNull();
  expect(nodeOf({ local_cpulist: "Input/output error\n", local_cpus: "2\n" })).toBe(1);
  expect(nodeOf({ local_cpulist: "0\n" })).toBe(0);
});

test("PCI below platform devices, VMD and Hyper-V is read, with or without links", () => {
  const places = {
    "0000:00:0e.0": "/sys/devices/pci0000:00/0000:00:0e.0",
    "10000:00:02.0": "/sys/devices/pci0000:00/0000:00:0e.0/pci10000:00/10000:00:02.0",
    "0001:00:00.0": "/sys/devices/platform/soc/40.pcie/pci0001:00/0001:00:00.0",
    "0001:01:00.0": "/sys/devices/platform/soc/40.pcie/pci0001:00/0001:00:00.0/0001:01:00.0",
    "abcd:00:00.0": "/sys/devices/LNXSYSTM:00/VMBUS:00/5e-1/pciabcd:00/abcd:00:00.0",
  };
  const files = Object.assign({}, host, ...Object.values(places).map(functionAt));
  const links = Object.fromEntries(
    Object.entries(places).map(([address, place]) => [`/sys/bus/pci/devices/${address}`, place]),
  );
  const linked = read(files, { ...links, "/sys/bus/pci/devices/0000:99:00.0": "../gone" });
  expect(
    linked.pci.map(({ address, parent, root, node }) => [address, parent, root, node]),
  ).toEqual([
    ["0000:00:0e.0", null, "pci0000:00", null],
    ["0001:00:00.0", null, "pci0001:00", null],
    ["0001:01:00.0", "0001:00:00.0", "pci0001:00", null],
    ["abcd:00:00.0", null, "pciabcd:00", null],
    ["10000:00:02.0", null, "pci10000:00", null],
  ]);
  expect(read(files)).toEqual(linked);
});

test("a recording that was copied without links has its functions in their places", () => {
  const at = (name: string): string => `/sys/bus/pci/devices/${name}`;
  const config = (secondary: number, subordinate: number): Uint8Array => {
    const bytes = new Uint8Array(64);
    bytes.set([1], 0x0e);
    bytes.set([secondary, subordinate], 0x19);
    return bytes;
  };
  const flat = {
    ...host,
    ...functionAt(at("0000:15:01.0")),
    ...functionAt(at("0000:16:00.0")),
    ...functionAt(at("0000:17:00.0")),
    ...functionAt(at("0000:40:00.0")),
  };
  const places = (files: Readonly<Record<string, string | Uint8Array>>): unknown =>
    readSysfs(treeOf(files)).pci.map(({ address, parent, root }) => [address, parent, root]);
  const whole = [
    ["0000:15:01.0", null, "pci0000:15"],
    ["0000:16:00.0", "0000:15:01.0", "pci0000:15"],
    ["0000:17:00.0", "0000:16:00.0", "pci0000:15"],
    ["0000:40:00.0", null, "pci0000:40"],
  ];
  const byConfig = {
    [`${at("0000:15:01.0")}/config`]: config(0x16, 0x17),
    [`${at("0000:16:00.0")}/config`]: config(0x17, 0x17),
  };
  expect(places({ ...flat, ...byConfig })).toEqual(whole);
  const nested = {
    ...functionAt(`${at("0000:15:01.0")}/0000:16:00.0`),
    ...functionAt(`${at("0000:16:00.0")}/0000:17:00.0`),
  };
  expect(places({ ...flat, ...nested })).toEqual(whole);
  expect(places(flat)).toEqual([
    ["0000:15:01.0", null, "pci0000:15"],
    ["0000:16:00.0", null, "pci0000:16"],
    ["0000:17:00.0", null, "pci0000:17"],
    ["0000:40:00.0", null, "pci0000:40"],
  ]);
  // The tree of the devices was copied beside it.
  const beside = functionAt("/sys/devices/pci0000:3a/0000:40:00.0");
  expect(read({ ...flat, ...beside }).pci.at(-1)?.root).toBe("pci0000:3a");
});
