import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { expect, test } from "vitest";
import { codedError } from "../../testing/expect-error.ts";
import { readHlSmi } from "./read-hl-smi.ts";

let notes: string[] = [];

function read(text: string): Topology {
  notes = [];
  return readHlSmi(text, "given.txt", (sentence) => void notes.push(sentence));
}

const table = `+-----------------------------------------------------------------------------+
| HL-SMI Version:                              hl-1.18.0-fw-53.1.1.1          |
| Driver Version:                                     1.18.0-ee698fb          |
|-------------------------------+----------------------+----------------------+
| AIP  Name        Persistence-M| Bus-Id        Disp.A | Volatile Uncorr. ECC |
| Fan  Temp  Perf  Pwr:Usage/Cap|         Memory-Usage | AIP-Util  Compute M. |
|===============================+======================+======================|
|   0  HL-225              N/A  | 0000:44:00.0     N/A |                   0  |
| N/A   43C   N/A   264W / 600W |    672MiB / 98304MiB |     0%           N/A |
|-------------------------------+----------------------+----------------------+
|   1  HL-225              N/A  | 0000:19:00.0     N/A |                   0  |
| N/A   43C   N/A   264W / 600W |    672Mib / 98304Mib |     0%           N/A |
|-------------------------------+----------------------+----------------------+
| Compute Processes:                                               AIP Memory |
|   0        N/A   N/A    N/A                                      N/A        |
`;

const topo = `modID   CPU Affinity    NUMA Affinity
-----   ------------    -------------
0       0-39, 80-119    0
1       40-79, 120-159          1
`;

const brief = (topology: Topology): unknown[] =>
  topology.accelerators.map(({ address, index, model, memoryBytes, moduleId }) => [
    address,
    index,
    model,
    memoryBytes,
    moduleId,
  ]);

test("the table", () => {
  const topology = read(table);
  expect(brief(topology)).toEqual([
    ["0000:19:00.0", 1, "Gaudi2", 98_304 * MiB, null],
    ["0000:44:00.0", 0, "Gaudi2", 98_304 * MiB, null],
  ]);
  expect(topology.accelerators[0]?.productName).toBe("HL-225");
  expect(notes).toEqual([
    "the output of hl-smi in given.txt also has the driver's version (1.18.0-ee698fb): not used",
  ]);
});

test.each([
  ["topo -c -N", topo, ["0-39,80-119", "40-79,120-159"]],
  ["topo -N", "modID   NUMA Affinity\n-----   -------------\n0 0\n1 1\n", [null, null]],
])("%s: nodes by the modules' numbers", (_, text, cpus) => {
  const topology = read(text);
  expect(topology.nodes.map(({ id, cpus: list }) => [id, list])).toEqual([
    [0, cpus[0]],
    [1, cpus[1]],
  ]);
  expect(topology.accelerators.map(({ moduleId }) => moduleId)).toEqual([0, 1]);
  expect(topology.pci.map(({ node }) => node)).toEqual([0, 1]);
});

const aip = (
  index: number,
  bus: string,
  module: number,
): string => `[${index}] AIP (accel${index}) 0000:${bus}:00.0
        Product Name                    : HL-225
        Serial Number                   : AM50016138
        Module ID                       : ${module}
        AIP UUID                        : 01P0-HL2080A0-15-TF8A81-09-07-0${index}
        PCI
                Device Id               : 0x1da31020
                Bus Id                  : 0000:${bus}:00.0
                AIP Link Info
                        Link Speed
                                Max     : 16GT/s
                                Current : 8GT/s
                        Link Width
                                Max     : x16
                                Current : x16
        Memory Usage
                Total                   : 98304 MB
                Used                    : 768 MB
`;

test("the list has the modules, by which the nodes of topo are those of the accelerators", () => {
  const topology = read(`${aip(0, "44", 1)}${aip(1, "19", 0)}\n${topo}`);
  expect(brief(topology)).toEqual([
    ["0000:19:00.0", 1, "Gaudi2", 98_304 * MiB, 0],
    ["0000:44:00.0", 0, "Gaudi2", 98_304 * MiB, 1],
  ]);
  expect(topology.pci.map(({ node, device }) => [node, device])).toEqual([
    [0, "1020"],
    [1, "1020"],
  ]);
  expect(topology.pci[0]?.link).toEqual({ speedGTs: 8, width: 16, maxSpeedGTs: 16, maxWidth: 16 });
  expect(JSON.stringify(topology)).not.toContain("AM50016138");
});

test("the table beside topo lacks the modules, and nodes are not guessed", () => {
  const topology = read(`${table}\n${topo}`);
  expect(topology.pci.map(({ node }) => node)).toEqual([null, null]);
  expect(topology.nodes.map(({ id }) => id)).toEqual([0, 1]);
  expect(notes[0]).toContain("it lacks the module number of each accelerator");
});

test("a query has what it was asked for", () => {
  const csv =
    "index, module_id, bus_id, memory.total [MiB], temperature.aip [C]\n0, 1, 0000:44:00.0, 98304 MiB, 30 C\n";
  expect(brief(read(csv))).toEqual([["0000:44:00.0", 0, null, 98_304 * MiB, 1]]);
  expect(notes[0]).toContain("temperature.aip");
});

test.each([
  ["nothing", ""],
  ["a head", table.slice(0, 300)],
])("%s is refused", async (_, text) => {
  await codedError("text-unexpected", () => read(text));
});
