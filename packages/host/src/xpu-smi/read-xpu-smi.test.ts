import { interconnects } from "@evenkeel/core/topology/interconnect.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { expect, test } from "vitest";
import { codedError } from "../../testing/expect-error.ts";
import { readXpuSmi } from "./read-xpu-smi.ts";

let notes: string[] = [];

function read(text: string): Topology {
  notes = [];
  return readXpuSmi(text, "given.txt", (sentence) => void notes.push(sentence));
}

const classes = (topology: Topology): string[] => {
  const of = interconnects(topology);
  const all = topology.accelerators.map(({ address }) => address);
  return all.map((a) => all.map((b) => (a === b ? "S" : (of(a, b) ?? "?"))).join(" "));
};

const tiles = `         GPU 0/0|GPU 0/1|GPU 1/0|GPU 1/1|CPU Affinity
GPU 0/0 |S      |MDF    |XL*    |XL16   |0-23,48-71
GPU 0/1 |MDF    |S      |XL16   |XL*    |0-23,48-71
GPU 1/0 |XL*    |XL16   |S      |MDF    |24-47,72-95
GPU 1/1 |XL16   |XL*    |MDF    |S      |24-47,72-95
`;

test("a matrix of tiles: two GPUs with Xe Links, on two nodes of unknown numbers", () => {
  const topology = read(tiles);
  expect(topology.accelerators.map(({ index }) => index)).toEqual([0, 1]);
  expect(topology.nodes).toEqual([]);
  expect(topology.unnumberedNodes.map(({ devices, cpus }) => [devices.length, cpus])).toEqual([
    [1, "0-23,48-71"],
    [1, "24-47,72-95"],
  ]);
  expect(topology.links).toMatchObject([{ kind: "xelink", lanes: 32 }]);
  expect(classes(topology)).toEqual(["S XL32", "XL32 S"]);
  expect(notes).toEqual([]);
});

const cards = `         GPU 0/0  GPU 1/0  GPU 2/0  CPU Affinity
GPU 0/0  S        NODE     SYS      0-127,256-383
GPU 1/0  NODE     S        SYS      0-127,256-383
GPU 2/0  SYS      SYS      S        128-255,384-511
`;

test("a matrix with blanks between its columns", () => {
  expect(classes(read(cards))).toEqual(["S NODE SYS", "NODE S SYS", "SYS SYS S"]);
  expect(notes).toEqual([]);
});

test("GPUs in no row have no class", () => {
  const topology = read(cards.split("\n").slice(0, 2).join("\n"));
  expect(classes(topology)).toEqual(["S NODE SYS", "NODE S ?", "SYS ? S"]);
  expect(notes).toEqual([
    "the output of xpu-smi in given.txt is not whole: it lacks the row of GPU 1/0, the row of GPU 2/0",
  ]);
});

const discovery = `+-----------+--------------------------------------------------------------------------------------+
| Device ID | Device Information                                                                   |
+-----------+--------------------------------------------------------------------------------------+
| 0         | Device Name: Intel(R) Data Center GPU Max 1550                                       |
|           | Vendor Name: Intel(R) Corporation                                                    |
|           | UUID: 00000000-0000-0000-0000-020a00008086                                           |
|           | PCI BDF Address: 0000:4d:00.0                                                        |
|           | DRM Device: /dev/dri/card1                                                           |
+-----------+--------------------------------------------------------------------------------------+
| 1         | Device Name: Intel(R) Graphics [0x0bda]                                              |
|           | PCI BDF Address: 0000:3a:00.0                                                        |
|           | Memory Physical Size: 49152.00 MiB                                                   |
|           | PCIe Generation: 5                                                                   |
|           | PCIe Max Link Width: 16                                                              |
+-----------+--------------------------------------------------------------------------------------+
`;

test("discovery, beside the matrix", () => {
  const topology = read(`${discovery}\n${tiles}`);
  expect(
    topology.accelerators.map(({ address, index, model, memoryBytes }) => [
      address,
      index,
      model,
      memoryBytes,
    ]),
  ).toEqual([
    ["0000:3a:00.0", 1, "Data Center GPU Max 1100", 49_152 * MiB],
    ["0000:4d:00.0", 0, "Data Center GPU Max 1550", null],
  ]);
  expect(topology.pci[0]?.link).toMatchObject({ maxSpeedGTs: 32, maxWidth: 16 });
  expect(notes[0]).toContain("DRM Device");
});

test("discovery as JSON", () => {
  const topology = read(
    JSON.stringify({
      device_list: [
        {
          device_id: 0,
          device_name: "Intel(R) Arc(TM) Pro B60 Graphics",
          pci_bdf_address: "0000:17:00.0",
        },
      ],
    }),
  );
  expect(topology.accelerators).toMatchObject([
    { address: "0000:17:00.0", index: 0, model: "Arc Pro B60 Graphics" },
  ]);
});

test("devices are numbered from 0 to 999", () => {
  const topology = read(
    JSON.stringify({
      device_list: [-1, 0, 0.5, 999, 1000].map((number, i) => ({
        device_id: number,
        device_name: "Intel(R) Arc(TM) Pro B60 Graphics",
        pci_bdf_address: `0000:${17 + i}:00.0`,
      })),
    }),
  );
  expect(topology.accelerators.map(({ index }) => index)).toEqual([0, 999]);
});

test("the CPUs near a GPU, whose list goes on in the next line", () => {
  const topology = read(
    "| Device ID | Topology Information |\n" +
      "| 0         | Local CPU List: 0-23, |\n|           | 48-71 |\n" +
      "| 1         | Local CPU List: 24-47,72-95 |\n",
  );
  expect(topology.unnumberedNodes.map(({ cpus }) => cpus)).toEqual(["0-23,48-71", "24-47,72-95"]);
});

test("halves that disagree, and other texts, are refused", async () => {
  await codedError("topology-inconsistent", () =>
    read(cards.replace("NODE     SYS", "SYS      SYS")),
  );
  await codedError("text-unexpected", () => read("GPU 0/0 is fine\n"));
});
