import { readdirSync, readFileSync } from "node:fs";
import { contradictions } from "@evenkeel/core/topology/check.ts";
import { interconnects, pciInterconnects } from "@evenkeel/core/topology/interconnect.ts";
import { isStandIn } from "@evenkeel/core/topology/stand-in.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { expect, test } from "vitest";
import { corpus } from "../../testing/corpus.ts";
import { codedError } from "../../testing/expect-error.ts";
import { readNvidiaSmiTopo } from "./read-topo-matrix.ts";

const read = (text: string): Topology => readNvidiaSmiTopo(text, "ticket-7.txt");

const addresses = ({ accelerators, nics }: Topology): string[] =>
  [...accelerators, ...nics].map(({ address }) => address);

/** The matrix as it follows from the topology, GPUs first; `?` is an unknown class. */
function classes(topology: Topology): string[] {
  const classOf = interconnects(topology);
  const all = addresses(topology);
  return all.map((a) => all.map((b) => (a === b ? "X" : (classOf(a, b) ?? "?"))).join(" "));
}

/** The nodes of the devices, GPUs first; one without a number as a letter. */
function nodes(topology: Topology): (number | string | null)[] {
  return addresses(topology).map((address) => {
    const node = topology.pci.find((device) => device.address === address)?.node ?? null;
    const place = topology.unnumberedNodes.findIndex(({ devices }) => devices.includes(address));
    return place < 0 ? node : String.fromCodePoint(97 + place);
  });
}

const pair = (topology: Topology, a: number, b: number): [string, string] => {
  const all = addresses(topology);
  return [all[a] ?? "", all[b] ?? ""];
};

const cpus = (topology: Topology): string[] => [
  ...topology.nodes.map((node) => `${node.id}: ${node.cpus}`),
  ...topology.unnumberedNodes.map((node) => `?: ${node.cpus}`),
];

test("a matrix with tabs, underlined names and a legend of NICs", () => {
  const topology = read(
    "\t\u001b[4mGPU0\tGPU1\tNIC0\tNIC1\tCPU Affinity\tNUMA Affinity\tGPU NUMA ID\u001b[0m\n" +
      "GPU0\t X \tNV18\tPXB\tSYS\t0-13,56-69\t0\t\tN/A\n" +
      "GPU1\tNV18\t X \tSYS\tPIX\t14-27,70-83\t1\t\tN/A\n" +
      "NIC0\tPXB\tSYS\t X \tSYS\t\t\t\t\n" +
      "NIC1\tSYS\tPIX\tSYS\t X \t\t\t\t\n" +
      "\nLegend:\n\n  X    = Self\n  NV#  = Connection traversing a bonded set of # NVLinks\n" +
      "\nNIC Legend:\n\n  NIC0: mlx5_3\n  NIC1: rdmap16s27\n",
  );
  expect(classes(topology)).toEqual([
    "X NV18 PXB SYS",
    "NV18 X SYS PIX",
    "PXB SYS X SYS",
    "SYS PIX SYS X",
  ]);
  expect(nodes(topology)).toEqual([0, 1, 0, 1]);
  expect(cpus(topology)).toEqual(["0: 0-13,56-69", "1: 14-27,70-83"]);
  expect(topology.nics.map(({ name, rdma }) => [name, rdma])).toEqual([
    ["mlx5_3", true],
    ["rdmap16s27", true],
  ]);
  expect(topology.pci.every(({ address, root }) => isStandIn(address) && isStandIn(root))).toBe(
    true,
  );
  expect(topology.accelerators[0]).toMatchObject({ model: null, uuid: null, moduleId: null });
  expect([topology.name, topology.source]).toEqual(["ticket-7", "nvidia-smi"]);
  expect([topology.cores, topology.distances]).toEqual([[], null]);
});

const twoGpus = ["X NV4", "NV4 X"];

test.each([
  [
    "an escape that was lost",
    "\t[4mGPU0\tGPU1\tCPU Affinity[0m\nGPU0\t X \tNV4\t0-7\nGPU1\tNV4\t X \t0-7\n",
  ],
  ["a header run together", "\t    GPU0GPU1CPU Affinity\nGPU0\t X \tNV4\t0-7\nGPU1\tNV4\t X \t0-7"],
  [
    "columns run together but for the captions",
    "   GPU0GPU1 CPU Affinity\nGPU0 X NV4 0-7\nGPU1 NV4 X 0-7",
  ],
  ["no header", "GPU0  X  NV4  0-7\nGPU1  NV4  X  0-7\n"],
  ["a header cut short", "     GPU0\nGPU0  X  NV4  0-7\nGPU1  NV4  X  0-7\n"],
  ["no self", "     GPU0 GPU1 CPU Affinity\nGPU0  NV4  0-7\nGPU1  NV4  0-7\n"],
  ["one row", "     GPU0 GPU1 CPU Affinity\nGPU0   X  NV4  0-7\n"],
  ["the last row cut short", "     GPU0 GPU1 CPU Affinity\nGPU0   X  NV4  0-7\nGPU1   NV"],
  [
    "a quotation",
    "> > \tGPU0\tGPU1\tCPU Affinity\r\n> > GPU0\tX\tNV4\t0-7\r\n> > GPU1\tNV4\tX\t0-7\r\n",
  ],
  [
    "a Markdown table",
    "| | GPU0 | GPU1 | CPU Affinity |\n|---|---|---|---|\n| **GPU0** | X | NV4 | 0-7 |\n| **GPU1** | NV4 | X | 0-7 |",
  ],
  [
    "ranks and times before",
    "[1,0]<stdout>:   GPU0 GPU1 CPU Affinity\n[1,0]<stdout>: GPU0 X NV4 0-7\n[1,0]<stdout>: GPU1 NV4 X 0-7",
  ],
  [
    "commentary behind",
    "GPU0 GPU1 CPU Affinity\nGPU0 X NV4 0-7 <- the slow one\nGPU1 NV4 X 0-7 # fine\nWhy is GPU1 slow?",
  ],
  [
    "a prompt and other output",
    "root@h7:~# nvidia-smi -L; nvidia-smi topo -m\nGPU 0: NVIDIA H100 (UUID: GPU-1)\n\tGPU0\tGPU1\tCPU Affinity\nGPU0\t X \tNV4\t0-7\nGPU1\tNV4\t X \t0-7\nroot@h7:~# ",
  ],
  [
    "the command twice",
    "GPU0 GPU1\nGPU0 X NV4\nGPU1 NV4 X\n\n GPU0 GPU1\nGPU0 X NV4\nGPU1 NV4 X\n",
  ],
  [
    "a peer matrix behind",
    "GPU0 GPU1\nGPU0 X NV4\nGPU1 NV4 X\n\n GPU0 GPU1\n GPU0 X OK\n GPU1 OK X\n\nLegend:\n  OK = Status Ok",
  ],
])("%s", (_, text) => {
  expect(classes(read(text))).toEqual(twoGpus);
});

test("lines that a terminal cut off give the columns that are left", () => {
  const cut = (line: string): string => line.slice(0, 17);
  const lines = [
    "     GPU0 GPU1 GPU2 GPU3 NIC0 CPU Affinity",
    "GPU0   X  PIX  SYS  SYS  PIX  0-7",
    "GPU1  PIX  X   SYS  SYS  PIX  0-7",
    "GPU2  SYS SYS   X   PHB  SYS  8-15",
    "GPU3  SYS SYS  PHB   X   SYS  8-15",
    "NIC0  PIX PIX  SYS  SYS   X",
  ];
  const topology = read(lines.map(cut).join("\n"));
  expect(topology.accelerators).toHaveLength(4);
  expect(classes(topology)[4]).toBe("PIX PIX SYS SYS X");
});

test("a list of the GPUs in the same text gives their models and UUIDs", () => {
  const uuid = "GPU-01234567-89ab-cdef-0123-000000000007";
  const topology = read(
    `$ nvidia-smi -L\nGPU 1: NVIDIA H100 NVL (UUID: ${uuid})\n\n$ nvidia-smi topo -m\n` +
      "GPU0 GPU1\nGPU0 X NV4\nGPU1 NV4 X\n",
  );
  expect(topology.accelerators.map(({ model, uuid: id }) => [model, id])).toEqual([
    [null, null],
    ["H100 NVL", uuid],
  ]);
});

test("remarks that begin like a row are not read as rows", () => {
  const text = "GPU0 GPU1\nGPU0 X NV4\nGPU1 NV4 X\n\nGPU0 PIX GPU1 was what we ordered.\n";
  expect(classes(read(text))).toEqual(twoGpus);
});

test("lines wrapped within header, cells and lists", () => {
  const topology = read(
    "     GPU0 GPU1\n GPU2 GPU3 mlx5_bond_0 CPU\n Affinity NUMA Affinity\n" +
      "GPU0 X NV4 NV4\nNV4 PIX 0-13,\n56-69 0\nGPU1 NV4 X NV4 NV4 PIX 0-13,56-69 0\n" +
      "GPU2 NV4 NV4 X NV4\nSYS 14-27 1\nGPU3 NV4 NV4 NV4 X SYS\n14-27 1\n" +
      "mlx5_bond_0 PIX\nPIX SYS SYS X\n",
  );
  expect(classes(topology)[4]).toBe("PIX PIX SYS SYS X");
  expect(cpus(topology)).toEqual(["0: 0-13,56-69", "1: 14-27"]);
  expect(topology.nics.map(({ name }) => name)).toEqual(["mlx5_bond_0"]);
});

test("cells and columns that ran together where a terminal wrapped are separated again", () => {
  const topology = read(
    "\tGPU0\tGPU1\tNIC0NIC1\tCPU Affinity\tNUMA Affinity\nGPU0\t X \tNV18\tNODEPIX\t0-7\t0\n" +
      "GPU1\tNV18\t X \tNODENODE\t0-7\t0\nNIC0\tNODENODE\t X \tNODE\nNIC1\tPIX\tNODENODE\t X\n",
  );
  expect(classes(topology)).toEqual([
    "X NV18 NODE PIX",
    "NV18 X NODE NODE",
    "NODE NODE X NODE",
    "PIX NODE NODE X",
  ]);
});

test("a matrix that lost its line ends is read row by row", () => {
  const topology = read(
    "GPU0 GPU1 NIC0 CPU Affinity NUMA Affinity GPU0 X NV4 PIX 0-7 0 GPU1 NV4 X SYS 8-15 1 NIC0 PIX SYS X " +
      "Legend: X = Self NIC0: mlx5_0",
  );
  expect(classes(topology)).toEqual(["X NV4 PIX", "NV4 X SYS", "PIX SYS X"]);
  expect(nodes(topology)).toEqual([0, 1, 0]);
});

test("models that a report of a framework lists beside the matrix are taken", () => {
  const report =
    "GPU models and configuration :\nGPU 0,1: NVIDIA H100 80GB HBM3\n\nGPU Topology:\n";
  const topology = read(`${report}  GPU0 GPU1\nGPU0 X NV4\nGPU1 NV4 X\n`);
  expect(topology.accelerators.map(({ model }) => model)).toEqual([
    "H100 80GB HBM3",
    "H100 80GB HBM3",
  ]);
});

test("old drivers print SOC, name NICs in columns, and print no numbers of nodes", () => {
  const topology = read(
    "\tGPU0\tGPU1\tGPU2\tGPU3\tmlx4_0\tCPU Affinity\n" +
      "GPU0\t X \tPHB\tSOC\tSOC\tSOC\t0-0,2-2,4-4\nGPU1\tPHB\t X \tSOC\tSOC\tSOC\t0-0,2-2,4-4\n" +
      "GPU2\tSOC\tSOC\t X \tPHB\tPHB\t1-1,3-3,5-5\nGPU3\tSOC\tSOC\tPHB\t X \tPHB\t1-1,3-3,5-5\n" +
      "mlx4_0\tSOC\tSOC\tPHB\tPHB\t X\n",
  );
  expect(classes(topology)).toEqual([
    "X PHB SYS SYS SYS",
    "PHB X SYS SYS SYS",
    "SYS SYS X PHB PHB",
    "SYS SYS PHB X PHB",
    "SYS SYS PHB PHB X",
  ]);
  expect(nodes(topology)).toEqual(["a", "a", "b", "b", "b"]);
  expect(cpus(topology)).toEqual(["?: 0,2,4", "?: 1,3,5"]);
});

test("a job confined to a few CPUs does not merge two nodes", () => {
  const topology = read("GPU0 GPU1 CPU Affinity\nGPU0 X SOC 0-3\nGPU1 SOC X 0-3\n");
  expect(classes(topology)).toEqual(["X SYS", "SYS X"]);
  expect(cpus(topology)).toEqual([]);
});

test("CPUs beside GPUs that all have NVLink tell which share a node", () => {
  const rows = [
    "X NV4 NV4 NV4 0-7",
    "NV4 X NV4 NV4 0-7",
    "NV4 NV4 X NV4 8-15",
    "NV4 NV4 NV4 X 8-15",
  ];
  const text = `GPU0 GPU1 GPU2 GPU3 CPU Affinity\n${rows.map((row, i) => `GPU${i} ${row}`).join("\n")}`;
  const topology = read(text);
  expect([nodes(topology), cpus(topology)]).toEqual([
    ["a", "a", "b", "b"],
    ["?: 0-7", "?: 8-15"],
  ]);
  expect(pciInterconnects(topology)(...pair(topology, 0, 3))).toBe("SYS");
  // Lists that overlap are not those of two nodes.
  expect(cpus(read(text.replaceAll("8-15", "4-15")))).toEqual([]);
});

test("a cell that was cut off is SYS only between nodes that another cell shows to be two", () => {
  const known = read(
    "GPU0 GPU1 GPU2 GPU3\nGPU0 X NODE SYS SYS\nGPU1 NODE X SYS\nGPU2 SYS SYS X NODE\n",
  );
  expect(classes(known)[1]).toBe("NODE X SYS SYS");
  const unknown = read("GPU0 GPU1 GPU2 GPU3\nGPU0 X NODE\nGPU2 - - X NODE\n");
  expect(classes(unknown)[1]).toBe("NODE X ? ?");
});

test("N/A, or several values, are unknown", () => {
  const none = read(
    "GPU0 GPU1 CPU Affinity NUMA Affinity\nGPU0 X SYS 0-23 N/A\nGPU1 SYS X 0-23 N/A\n",
  );
  expect([nodes(none), cpus(none), classes(none)[0]]).toEqual([[null, null], [], "X SYS"]);
  const several = read(
    "GPU0 NIC0 CPU Affinity NUMA Affinity GPU NUMA ID\nGPU0 X NODE 0-71 0,2-4 N/A\nNIC0 NODE X\n",
  );
  expect(nodes(several)).toEqual([null, null]);
  expect(cpus(several)).toEqual(["0: null", "2: null", "3: null", "4: null"]);
  expect(several.nics[0]).toMatchObject({ name: null, rdma: null });
});

test("a GPU's own memory is a node without CPUs", () => {
  const topology = read("GPU0 CPU Affinity NUMA Affinity GPU NUMA ID\nGPU0 X 0-71 0 1\n");
  expect(topology.nodes.map(({ id, kind }) => [id, kind])).toEqual([
    [0, null],
    [1, "gpu"],
  ]);
});

test("devices of one node stay there although the matrix has SYS between them", () => {
  const topology = read(
    "GPU0 GPU1 NIC0 CPU Affinity NUMA Affinity\nGPU0 X SYS PIX 0-47 0\nGPU1 SYS X SYS 0-47 0\nNIC0 PIX SYS X\n",
  );
  expect(nodes(topology)).toEqual([0, 0, 0]);
  expect(classes(topology)[0]).toBe("X SYS PIX");
  const [a, b, nic] = addresses(topology);
  expect(topology.interconnects).toEqual([
    { a, b, class: "SYS" },
    { a: b, b: nic, class: "SYS" },
  ]);
});

test("a class that no tree of bridges can express is kept as stated", () => {
  const topology = read(
    "GPU0 GPU1 GPU2 GPU3\nGPU0 X PIX SYS SYS\nGPU1 PIX X PIX SYS\nGPU2 SYS PIX X PXB\nGPU3 SYS SYS PXB X\n",
  );
  expect(classes(topology)).toEqual([
    "X PIX SYS SYS",
    "PIX X PIX SYS",
    "SYS PIX X PXB",
    "SYS SYS PXB X",
  ]);
  expect(contradictions(topology)).toEqual([]);
});

test("CPUs that two nodes list are on neither", () => {
  const topology = read(
    "GPU0 GPU1 CPU Affinity NUMA Affinity\nGPU0 X SYS 0-9 0\nGPU1 SYS X 8-15 1\n",
  );
  expect(cpus(topology)).toEqual(["0: 0-7", "1: 10-15"]);
});

test.each([
  ["tabs", (line: string) => line],
  ["blanks", (line: string) => line.replaceAll("\t", "    ")],
])("a job without CPUs near its GPU does not tell the node's CPUs: %s", (_, as) => {
  const topology = read(
    as(
      "\tGPU0\tGPU1\tNIC0\tCPU Affinity\tNUMA Affinity\tGPU NUMA ID\n" +
        "GPU0\t X \tNV18\tPIX\t\t0\t\tN/A\nGPU1\tNV18\t X \tNODE\t1\t1\t\tN/A\n" +
        "NIC0\tPIX\tNODE\t X \t\t\t\t\n",
    ),
  );
  expect(nodes(topology)).toEqual([0, 1, 0]);
  expect(cpus(topology)).toEqual(["0: null", "1: 1"]);
});

test("processors and drives among the devices are not NICs", () => {
  const topology = read(
    "GPU0 GPU1 CPU NVMe0\nGPU0 X NV1 PHB SYS\nGPU1 NV1 X PHB SYS\nCPU PHB PHB X SYS\nNVMe0 SYS SYS SYS X\n",
  );
  expect([classes(topology), topology.nics]).toEqual([["X NV1", "NV1 X"], []]);
});

test("GPUs beside hidden ones keep their numbers", () => {
  const topology = read("GPU4 GPU7 CPU Affinity\nGPU4 X PXB 0\nGPU7 PXB X 0\n");
  expect(topology.accelerators.map(({ address }) => address)).toEqual([
    "ffffff00:00:00.4",
    "ffffff00:00:00.7",
  ]);
  expect(classes(topology)).toEqual(["X PXB", "PXB X"]);
});

test("a pair that lost links in one direction has an unknown number of links", () => {
  expect(classes(read("GPU0 GPU1\nGPU0 X NV18\nGPU1 NV16 X\n"))[0]).toBe("X NV#");
});

test("names of JavaScript properties are ordinary names", () => {
  const topology = read(
    "GPU0 NIC0 CPU Affinity\nGPU0 X PIX 0\nNIC0 PIX X\n\nNIC0: __proto__\nNIC1: constructor\n",
  );
  expect(topology.nics.map(({ name }) => name)).toEqual([null]);
});

test.each([
  [
    "halves that disagree",
    "GPU0 GPU1\nGPU0 X PIX\nGPU1 SYS X\n",
    "GPU0 and GPU1: the row of GPU0 has PIX, the row of GPU1 has SYS",
  ],
  ["a NIC on NVLink", "GPU0 NIC0\nGPU0 X NV2\nNIC0 NV2 X\n", "NIC0 is a NIC but has NVLink"],
])("contradictions are named: %s", async (_, text, message) => {
  const error = await codedError("topology-inconsistent", () => read(text));
  expect(error.message).toBe(message);
});

test.each([
  ["nothing", ""],
  ["prose", "The GPU0 and GPU1 are connected by PIX.\nX = Self\n"],
  ["a legend alone", "Legend:\n\n  X    = Self\n  SYS  = Connection traversing PCIe\n"],
  ["two machines", "GPU0 GPU1\nGPU0 X PIX\nGPU1 PIX X\n\nGPU0 GPU1\nGPU0 X SYS\nGPU1 SYS X\n"],
  ["a column moved", "GPU1 GPU0\nGPU0 X PIX\nGPU1 PIX X\n"],
  ["a column twice", "GPU0 GPU0\nGPU0 X PIX\n"],
  ["too wide", `GPU0 X ${"PIX ".repeat(600)}\n`],
])("a text that is not a matrix is refused: %s", async (_, text) => {
  await codedError("text-unexpected", () => read(text));
});

test("NIC columns without a header are kept, with their legend", () => {
  const topology = read(
    "GPU0\t X \tNV18\tPIX\tSYS\t0-7\t0\nGPU1\tNV18\t X \tSYS\tPIX\t8-15\t1\n\nNIC1: mlx5_1\n",
  );
  expect(classes(topology)[0]).toBe("X NV18 PIX SYS");
  expect(classes(topology)[3]).toBe("SYS PIX ? X");
  expect(topology.nics.map(({ name }) => name)).toEqual([null, "mlx5_1"]);
  expect(nodes(topology)).toEqual([0, 1, 0, 1]);
});

test("node numbers behind the CPUs are read without a title", () => {
  const topology = read("GPU0 GPU1 CPU Affinity\nGPU0 X SYS 0-7 2 N/A\nGPU1 SYS X 8-15 3 N/A\n");
  expect(nodes(topology)).toEqual([2, 3]);
  expect(cpus(topology)).toEqual(["2: 0-7", "3: 8-15"]);
});

test("devices in no row have no class, though their places would give one", () => {
  const topology = read(
    "     GPU0 GPU1 GPU2 NIC0 CPU Affinity NUMA Affinity\nGPU0 X PHB PHB PHB 0-7 0\n",
  );
  expect(classes(topology)).toEqual(["X PHB PHB PHB", "PHB X ? ?", "PHB ? X ?", "PHB ? ? X"]);
  expect(nodes(topology)).toEqual([0, 0, 0, 0]);
});

test("topo -mp beside topo -m gives the classes over PCI Express of GPUs with NVLink", () => {
  const matrix = (cell: string): string =>
    `GPU0 GPU1 NIC0 CPU Affinity NUMA Affinity\nGPU0 X ${cell} PIX 0-7 0\nGPU1 ${cell} X SYS 8-15 1\nNIC0 PIX SYS X\n`;
  for (const text of [`${matrix("NV4")}\n${matrix("SYS")}`, `${matrix("SYS")}\n${matrix("NV4")}`]) {
    const topology = read(text);
    expect(classes(topology)[0]).toBe("X NV4 PIX");
    const [a = "", b = ""] = addresses(topology);
    expect(pciInterconnects(topology)(a, b)).toBe("SYS");
  }
  expect(classes(read(matrix("SYS")))[0]).toBe("X SYS PIX");
});

test.each([
  ["in another row", "NIC0 PIX SYS X\n", "NIC0 PIX PHB X\n"],
  ["in the nodes of a row", "8-15 1\n", "8-15 0\n"],
  ["in the label of a row", "NIC0 PIX", "NIC1 PIX"],
])("two matrices that differ %s are of two machines", async (_, from, to) => {
  const matrix = (cell: string): string =>
    `GPU0 GPU1 NIC0 CPU Affinity NUMA Affinity\nGPU0 X ${cell} PIX 0-7 0\nGPU1 ${cell} X SYS 8-15 1\nNIC0 PIX SYS X\n`;
  const other = matrix("SYS").replace(from, to);
  for (const text of [`${matrix("NV4")}\n${other}`, `${other}\n${matrix("NV4")}`]) {
    await codedError("text-unexpected", () => read(text));
  }
});

test("large and hostile texts are answered soon", async () => {
  await codedError("file-too-large", () => read(" ".repeat(9 << 20)));
  await codedError("file-too-large", () => read("\n".repeat(1 << 19)));
  const hostile = [
    "GPU0".repeat(1 << 19),
    "[".repeat(1 << 19),
    "*".repeat(1 << 19),
    "NIC0:".repeat(1 << 18),
  ];
  for (const text of hostile) await codedError("text-unexpected", () => read(text));
  const repeated = ["GPU0 X PIX\nPIX ", "GPU0 a1 b2 ", "GPU0 GPU1\n", "a1 X "];
  for (const text of repeated) {
    await codedError("text-unexpected", () => read(text.repeat(1 << 14)));
    await codedError("text-unexpected", () => read(`${text.repeat(1 << 14)}\n`.repeat(2)));
  }
  expect(cpus(read(`GPU0 X ${"1,\n2,\n".repeat(1 << 14)}`))).toEqual([]);
});

const folder = corpus("nvidia-smi-topo");

test.skipIf(folder === null)("every recorded matrix is reproduced", async () => {
  const files = readdirSync(folder ?? "").filter((name) => name.endsWith(".txt"));
  expect(files.length).toBeGreaterThan(0);
  for (const name of files) {
    const text = readFileSync(`${folder}/${name}`, "utf8");
    if (name.startsWith("p2p")) {
      await codedError("text-unexpected", () => read(text));
      continue;
    }
    const rows = (text.match(/^\s*(?:GPU|NIC)\d.*$/gm) ?? []).filter((row) => / X( |$)/.test(row));
    const printed = rows.map((row) =>
      row
        .trim()
        .split(/\s+/)
        .slice(1, rows.length + 1)
        .join(" "),
    );
    expect(classes(read(text)), name).toEqual(printed);
  }
});
