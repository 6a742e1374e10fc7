import { interconnects } from "@evenkeel/core/topology/interconnect.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { GiB, MiB } from "@evenkeel/core/unit/bytes.ts";
import { expect, test } from "vitest";
import { codedError } from "../../testing/expect-error.ts";
import { readAnyText } from "./read-any-text.ts";
import { readingsIn } from "./recognize-text.ts";

const numactl = `available: 2 nodes (0-1)
node 0 cpus: 0 1
node 0 size: 1024 MB
node 0 free: 7 MB
node 1 cpus: 2 3
node 1 size: 2048 MB
node 1 free: 7 MB
node distances:
node   0   1
  0:  10  21
  1:  21  10
`;
const matrix = `\tGPU0\tGPU1\tCPU Affinity\tNUMA Affinity
GPU0\t X \tNV4\t0-1\t0
GPU1\tNV4\t X \t2-3\t1

Legend:

  X    = Self
  SYS  = Connection traversing PCIe as well as the SMP interconnect between NUMA nodes
`;
const lscpu = `Architecture:                    x86_64
CPU(s):                          4
On-line CPU(s) list:             0-3
Thread(s) per core:              1
Core(s) per socket:              2
Socket(s):                       2
NUMA node(s):                    2
Model name:                      AMD EPYC 9654
NUMA node0 CPU(s):               0,1
NUMA node1 CPU(s):               2,3
`;
const query = `==============NVSMI LOG==============

Attached GPUs                             : 2
GPU 00000000:1B:00.0
    Product Name                          : NVIDIA L40S
    GPU UUID                              : GPU-01234567-89ab-cdef-0123-456789abcdef
GPU 00000000:3D:00.0
    Product Name                          : NVIDIA L40S
    GPU UUID                              : GPU-11234567-89ab-cdef-0123-456789abcdef
`;
const nccl = `<system version="1">
  <cpu numaid="0" affinity="00000003" arch="x86_64" vendor="AuthenticAMD" familyid="143" modelid="1">
    <pci busid="0000:1b:00.0" class="0x030200" vendor="0x10de" device="0x26b9">
      <gpu dev="0" sm="89" rank="0"/>
    </pci>
  </cpu>
</system>
`;

const notes: string[] = [];

async function read(text: string, name: string | null = null): Promise<Topology> {
  notes.length = 0;
  const options = {
    parseTopology: () => {
      throw new Error("is no document");
    },
    note: (sentence: string): void => void notes.push(sentence),
  };
  return readAnyText(text, "ticket.txt", options, name);
}

const prompted = (command: string, text: string): string => `root@gpu-a17:~# ${command}\n${text}`;

const ticket = [
  "Our job is slow on this machine:",
  "```",
  prompted("nvidia-smi topo -m", matrix),
  "```",
  "and",
  "```",
  prompted("numactl -H", numactl) + prompted("lscpu", lscpu),
  "```",
  "Any idea?",
].join("\n");

/** All that the ticket says. */
function isWholeMachine(topology: Topology): void {
  expect(topology.nodes.map(({ memoryBytes }) => memoryBytes)).toEqual([GiB, 2 * GiB]);
  expect(topology.distances?.[0]).toEqual([10, 21]);
  expect(topology.machine.cpuModel).toBe("AMD EPYC 9654");
  expect(topology.cores).toHaveLength(4);
  expect(topology.links).toHaveLength(1);
  expect(topology.source).toBe("nvidia-smi + numactl + lscpu");
  expect(topology.nodes.map(({ freeBytes }) => freeBytes)).toEqual([7 * MiB, 7 * MiB]);
  expect(notes).toEqual([]);
}

test("the outputs in one ticket are merged into one machine", async () => {
  isWholeMachine(await read(ticket));
});

test.each([
  ["quoted", (line: string) => `> ${line}`],
  ["in a log", (line: string) => `2025-03-04T05:06:07Z ${line}`],
  ["with a host before its lines", (line: string) => `gpu-a17: ${line}`],
  ["from Windows", (line: string) => `${line}\r`],
  ["indented as Markdown's code", (line: string) => `    ${line}`],
])("the same %s", async (_, put) => {
  isWholeMachine(await read(ticket.split("\n").map(put).join("\n")));
});

test("a list of GPUs is read with the matrix, a query on its own", async () => {
  const list = "GPU 0: NVIDIA L40S (UUID: GPU-01234567-89ab-cdef-0123-456789abcdef)\n";
  const listed = prompted("nvidia-smi -L", list) + prompted("nvidia-smi topo -m", matrix);
  expect(readingsIn(listed).map(({ source }) => source)).toEqual(["nvidia-smi"]);
  expect((await read(listed)).accelerators[0]).toMatchObject({ model: "L40S" });
  for (const parts of [
    [query, matrix],
    [matrix, query],
  ]) {
    const topology = await read(parts.join("\n"));
    const [a, b] = topology.accelerators;
    expect([a?.address, b?.address]).toEqual(["0000:1b:00.0", "0000:3d:00.0"]);
    expect(interconnects(topology)(a?.address ?? "", b?.address ?? "")).toBe("NV4");
    expect(topology.nodes.map(({ cpus }) => cpus)).toEqual(["0-1", "2-3"]);
    expect(notes).toEqual([]);
  }
});

test("XML and JSON between other outputs are readings too", async () => {
  const rocm = '{"card0": {"(Topology) Numa Node": "0"}}\n';
  const json = '{\n   "lscpu": [\n      {"field": "Architecture:", "data": "x86_64"}\n   ]\n}\n';
  const text = ["The dump:", nccl, rocm, numactl, json, '{\n"x": 1\n}', "Bye"].join("\n\n");
  expect(readingsIn(text).map(({ source }) => source)).toEqual([
    "nccl",
    "rocm-smi",
    "numactl",
    "lscpu",
  ]);
  const topology = await read(["See", nccl, numactl].join("\n"));
  expect(topology.source).toBe("nccl + numactl");
  expect(topology.accelerators[0]?.address).toBe("0000:1b:00.0");
});

test("XML followed by other text ends at its closing tag", async () => {
  const text = `${nccl}\nI hope this helps.\n\n${numactl}`;
  expect(readingsIn(text).map(({ source }) => source)).toEqual(["nccl", "numactl"]);
  expect((await read(text)).nodes).toHaveLength(2);
  const device = (address: string): string => `<device>\n  <name>${address}</name>\n</device>\n`;
  const several = readingsIn(`Devices:\n${device("a")}and\n${device("b")}`);
  expect(several.map(({ source, text: own }) => [source, own.match(/<device>/g)?.length])).toEqual([
    ["libvirt", 2],
  ]);
});

test("a tool's name before the colon selects the output of that tool only", async () => {
  expect((await read(ticket, "numactl")).source).toBe("numactl");
  expect((await read(ticket, "nvidia-smi")).accelerators).toHaveLength(2);
  await codedError("text-unexpected", () => read(ticket, "lspci"));
});

test("an unreadable output, or one of another machine, is left out with a note", async () => {
  const wrong = numactl.replace("2 nodes", "3 nodes");
  expect((await read(`${wrong}\n\n${lscpu}`)).source).toBe("lscpu");
  expect(notes).toHaveLength(1);
  expect(notes[0]).toMatch(/^the output of numactl in ticket\.txt is left out: has the line/);
  const other = lscpu.replaceAll("0-3", "0-7").replace("2,3", "2-7");
  expect((await read(`${numactl}\n${other}`)).nodes[1]?.cpus).toBe("2-3");
  expect(notes.length).toBeGreaterThan(0);
  await codedError("text-unexpected", () => read(`${wrong}\n\nArchitecture: x86_64\n`));
});

test("hostile texts are answered soon", async () => {
  const texts = [
    "a\n" + "<system></system>\n".repeat(50_000),
    "a\n" + '{"card0": {}}\n'.repeat(50_000),
    "GPU0 X PIX ".repeat(300_000),
    "a\n" + "<topology\n".repeat(100_000),
    "a\n" + "[\n".repeat(100_000),
  ];
  for (const text of texts) {
    const before = process.cpuUsage();
    await read(text).catch(() => null);
    expect(process.cpuUsage(before).user, text.slice(0, 20)).toBeLessThan(2_000_000);
  }
  await codedError("text-unexpected", () => read(texts[0] ?? ""));
});

test("positions in errors are those of the text as it was given", async () => {
  const moved = `${lscpu}\n\tGPU0\tGPU1\nGPU0\t X \tPIX\nGPU1\t X \tPIX\n`;
  await read(moved);
  expect(notes[0]).toContain("the row of GPU1 has its X in the column of GPU0");
});
