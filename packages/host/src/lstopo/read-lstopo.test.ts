import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { GiB, KiB, MiB } from "@evenkeel/core/unit/bytes.ts";
import { interconnects } from "@evenkeel/core/topology/interconnect.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { describe, expect, test } from "vitest";
import { corpus } from "../../testing/corpus.ts";
import { codedError } from "../../testing/expect-error.ts";
import { readHwloc } from "../hwloc/read-hwloc.ts";
import { readAnyText } from "../source/read-any-text.ts";
import { readLstopo } from "./read-lstopo.ts";

const printed = `Machine (62GB total)
  Package L#0
    NUMANode L#0 (P#0 31GB)
    L3 L#0 (32MB)
      L2 L#0 (1024KB) + L1d L#0 (48KB) + L1i L#0 (32KB) + Core L#0
        PU L#0 (P#0)
        PU L#1 (P#4)
      L2 L#1 (1024KB) + L1d L#1 (48KB) + L1i L#1 (32KB) + Core L#1 + PU L#2 (P#1)
    HostBridge
      PCIBridge
        PCIBridge
          PCI 3b:00.0 (3D)
            CoProc(CUDA) "cuda0"
        PCIBridge
          PCI 3c:00.0 (InfiniBand)
            Net "ib0"
            OpenFabrics "mlx5_0"
      2 x { PCI 00:1f.2-3 (SATA) }
        Block(Disk) "sda"
  Package L#1
    NUMANode L#1 (P#1 512MB)
    L3 L#1 (32MB) + L2 L#2 (1024KB) + Core L#2 + PU L#3 (P#2)
  Misc(MemoryModule)
`;

function reading(text: string) {
  const notes: string[] = [];
  return { topology: readLstopo(text, "a.txt", (sentence) => void notes.push(sentence)), notes };
}

test("nodes, cores, caches and devices are read", () => {
  const { topology, notes } = reading(printed);
  expect(
    topology.nodes.map(({ id, package: number, cpus, memoryBytes }) => [
      id,
      number,
      cpus,
      memoryBytes,
    ]),
  ).toEqual([
    [0, 0, "0-1,4", 31 * GiB],
    [1, 1, "2", 512 * MiB],
  ]);
  expect(topology.cores.map(({ cpus, l3 }) => [cpus, l3])).toEqual([
    ["0,4", 0],
    ["1", 0],
    ["2", 1],
  ]);
  expect(topology.l3Caches.map(({ sizeBytes }) => sizeBytes)).toEqual([32 * MiB, 32 * MiB]);
  expect(topology.accelerators.map(({ address }) => address)).toEqual([]);
  expect(topology.nics).toEqual([
    { address: "0000:3c:00.0", name: "mlx5_0", rdma: true, ports: null },
  ]);
  expect(topology.pci.filter(({ node }) => node === 0).length).toBe(7);
  expect(interconnects(topology)("0000:3b:00.0", "0000:3c:00.0")).toBe("PIX");
  expect(notes).toEqual([
    "the output of lstopo in a.txt is not whole: it lacks exact sizes of memory (lstopo -v has them)",
  ]);
});

test("with -v it has ids, addresses of bridges and exact sizes; hwloc 1 has CPUs below nodes", () => {
  const text = `Machine (P#0 total=3145728KB DMIProductName="Altus")
  NUMANode L#0 (P#3 local=1048577KB total=1048577KB)
    Socket L#0 (P#7 CPUModel="AMD EPYC 7401")
      L3Cache L#0 (size=8192KB linesize=64 ways=16 Inclusive=0)
        Core L#0 (P#0)
          PU L#0 (P#0)
    HostBridge L#0 (P#0 buses=0000:[00-07])
      PCIBridge L#1 (P#17 busid=0000:00:01.1 id=1022:1453 class=0604(PCIBridge) buses=0000:[01-01])
        PCI L#0 (P#4096 busid=0000:01:00.0 id=10de:2330 class=0302(3D) link=15.75GB/s PCIVendor="NVIDIA Corporation") "NVIDIA"
  NUMANode L#1 (P#5)
`;
  const { topology, notes } = reading(text);
  expect(topology.nodes.map(({ id, cpus, memoryBytes }) => [id, cpus, memoryBytes])).toEqual([
    [3, "0", 1_048_577 * KiB],
    [5, "", null],
  ]);
  expect(topology.cores[0]?.package).toBe(7);
  expect(topology.l3Caches).toEqual([{ id: 0, sizeBytes: 8 * MiB, ways: 16, kernelId: null }]);
  expect(topology.machine.cpuModel).toBe("AMD EPYC 7401");
  expect(topology.pci.at(-1)).toMatchObject({
    address: "0000:01:00.0",
    parent: "0000:00:01.1",
    root: "pci0000:00",
    class: "0302",
    vendor: "10de",
    node: 3,
  });
  expect(topology.accelerators.map(({ model }) => model)).toEqual(["H100 SXM5 80GB"]);
  expect(notes).toEqual([]);
});

test("a text that was cut is read as far as it goes", () => {
  const exact = printed.replaceAll(/\d+(GB|MB)/g, "4096KB");
  const { topology, notes } = reading(exact.slice(0, exact.indexOf("    L3 L#1")));
  expect(topology.nodes.map(({ id, cpus }) => [id, cpus])).toEqual([
    [0, "0-1,4"],
    [1, null],
  ]);
  expect(notes).toEqual([
    "the output of lstopo in a.txt is not whole: it lacks the CPUs of node 1",
  ]);
});

test("a pasted text is recognized", async () => {
  const options = { parseTopology: () => Promise.reject(new Error("is no document")) };
  const text = `user@host:~$ lstopo-no-graphics\n${printed}user@host:~$ `;
  expect((await readAnyText(text, "a.txt", options)).nodes).toHaveLength(2);
});

test("other texts are refused", async () => {
  for (const text of [
    "",
    "hello\n",
    "Machine (62GB total)\n  Package L#0\n",
    "PU L#0 (P#99999)\n",
  ]) {
    await codedError("text-unexpected", () => readLstopo(text, "a.txt"));
  }
});

const folder = corpus("hwloc-xml");
const program = "/usr/bin/lstopo";
const files =
  folder === null || !existsSync(program)
    ? []
    : readdirSync(folder).filter((file) => /^(flux|mpibind).*\.xml$/.test(file));

/** What the text has, of one export. */
const shape = ({ nodes, cores }: Topology) => ({
  nodes: nodes.map(({ id, cpus }) => ({ id, cpus })),
  cores: cores.map(({ cpus, l3, package: number }) => ({ cpus, l3, number })),
});

describe.skipIf(files.length === 0)("lstopo prints the exports of the corpus", () => {
  test.for(files)("%s", (file) => {
    const path = join(folder ?? "", file);
    const args = ["-i", path, "--if", "xml", "--of", "console", "-v"];
    const text = execFileSync(program, args, {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    const { topology } = reading(text);
    const exported = readHwloc(readFileSync(path, "utf8"), file);
    expect(shape(topology)).toEqual(shape(exported));
    const known = exported.pci.map(({ address, parent, node }) => [address, parent, node]);
    expect(topology.pci.map(({ address, parent, node }) => [address, parent, node])).toEqual(known);
  });
});

test("a node behind a memory-side cache has the CPUs that the cache stands beside", () => {
  const { topology } = reading(`Machine (1487GB total)
  Package L#0 (743GB total)
    Group0 L#0 (370GB)
      MemCache L#0 (96GB)
        NUMANode L#0 (P#0 370GB)
      Core L#0 + PU L#0 (P#0)
    Group0 L#1 (370GB)
      NUMANode L#1 (P#1 370GB)
      Core L#1 + PU L#1 (P#1)
`);
  expect(topology.nodes.map(({ cpus, sideCacheBytes }) => [cpus, sideCacheBytes])).toEqual([
    ["0", 96 * GiB],
    ["1", null],
  ]);
});
