import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { contradictions } from "@evenkeel/core/topology/check.ts";
import { interconnects } from "@evenkeel/core/topology/interconnect.ts";
import { isStandIn, standInAddress } from "@evenkeel/core/topology/stand-in.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { codedError } from "../../testing/expect-error.ts";
import { readRocmSmi } from "./read-rocm-smi.ts";

type Cell = (a: number, b: number) => string | number;

const numbers = (count: number): number[] => [...Array(count).keys()];

/** A matrix as both tools pad it. */
function matrix(labels: readonly string[], cell: Cell): string {
  const width = (labels[0] ?? "").length + 1;
  const row = (first: string, cells: readonly (string | number)[]): string =>
    `${first.padEnd(width)}${cells.map((text) => `${text}`.padEnd(13)).join("")}`;
  return [
    row("", labels),
    ...labels.map((label, a) =>
      row(
        label,
        labels.map((_, b) => cell(a, b)),
      ),
    ),
  ].join("\n");
}

function rule(title: string): string {
  return ` ${title} `.padStart(60, "=").padEnd(90, "=");
}

interface Example {
  readonly nodes: readonly (number | string)[];
  readonly weight: Cell;
  readonly hops: Cell;
  readonly type: Cell;
}

/** What `rocm-smi --showtopo` prints. */
function showtopo({ nodes, weight, hops, type }: Example): string {
  const labels = numbers(nodes.length).map((i) => `GPU${i}`);
  const lines = nodes.flatMap((node, i) => [
    `GPU[${i}]\t\t: (Topology) Numa Node: ${node}`,
    `GPU[${i}]\t\t: (Topology) Numa Affinity: ${node}`,
  ]);
  return [
    "",
    rule("ROCm System Management Interface"),
    rule("Weight between two GPUs"),
    matrix(labels, weight),
    "",
    rule("Hops between two GPUs"),
    matrix(labels, hops),
    "",
    rule("Link Type between two GPUs"),
    matrix(labels, type),
    "",
    rule("Numa Nodes"),
    ...lines,
    rule("End of ROCm SMI Log"),
    "",
  ].join("\n");
}

/** Two sockets of four GPUs each, bridged by XGMI within the socket. */
const twoQuads: Example = {
  nodes: [0, 0, 0, 0, 1, 1, 1, 1],
  weight: (a, b) => (a === b ? 0 : a >> 2 === b >> 2 ? 15 : 72),
  hops: (a, b) => (a === b ? 0 : a >> 2 === b >> 2 ? 1 : 3),
  type: (a, b) => (a === b ? 0 : a >> 2 === b >> 2 ? "XGMI" : "PCIE"),
};

function classes(topology: Topology): (string | null)[][] {
  const of = interconnects(topology);
  const addresses = topology.accelerators.map(({ address }) => address);
  return addresses.map((a) => addresses.map((b) => (a === b ? "X" : of(a, b))));
}

test("GPUs have stand-ins by their numbers, nodes, and the links that are XGMI", () => {
  const topology = readRocmSmi(showtopo(twoQuads), "logs/node-7.txt");
  expect(topology.name).toBe("node-7");
  expect(topology.accelerators.map(({ address }) => address)).toEqual(
    numbers(8).map(standInAddress),
  );
  expect(topology.nodes.map(({ id, memoryBytes }) => [id, memoryBytes])).toEqual([
    [0, null],
    [1, null],
  ]);
  expect(topology.pci.map(({ node }) => node)).toEqual(twoQuads.nodes);
  expect(topology.links).toHaveLength(12);
  expect(new Set(topology.links.map(({ kind, lanes }) => `${kind} ${lanes}`))).toEqual(
    new Set(["xgmi null"]),
  );
  expect(classes(topology)[0]).toEqual([
    "X",
    "XGMI#",
    "XGMI#",
    "XGMI#",
    "SYS",
    "SYS",
    "SYS",
    "SYS",
  ]);
});

test("XGMI over another GPU is not a link, although it counts as one hop", () => {
  // Four GPUs on a ring, as the kernel weighs its two directions.
  const distance = (a: number, b: number): number => Math.min((a - b + 4) % 4, (b - a + 4) % 4);
  const ring: Example = {
    nodes: [0, 0, 1, 1],
    weight: (a, b) => 15 * distance(a, b),
    hops: (a, b) => (a === b ? 0 : 1),
    type: (a, b) => (a === b ? 0 : "XGMI"),
  };
  const { links } = readRocmSmi(showtopo(ring), "ring");
  const gpu = standInAddress;
  expect(links.map(({ a, b }) => [a, b])).toEqual([
    [gpu(0), gpu(1)],
    [gpu(0), gpu(3)],
    [gpu(1), gpu(2)],
    [gpu(2), gpu(3)],
  ]);
  // Without weights, the hops are used.
  const unweighed = showtopo({ ...ring, weight: () => 0, hops: ring.weight });
  expect(
    readRocmSmi(unweighed.replaceAll("15", "1 ").replaceAll("30", "2 "), "ring").links,
  ).toEqual(links);
});

test("a copy from a terminal is read with the prompt", () => {
  const pasted = `[root@mi210 ~]# rocm-smi --showtopo\n\u001b[1m${showtopo(twoQuads)}`;
  expect(readRocmSmi(pasted.replaceAll("\n", "\r\n"), "a")).toEqual(
    readRocmSmi(showtopo(twoQuads), "a"),
  );
});

test("one section alone is enough, also in the layout of older versions", () => {
  const old = `
======================= ROCm System Management Interface =======================
================================== Numa Nodes ==================================
GPU 0          : (Topology) Numa Node: 3
GPU 0          : (Topology) Numa Affinity: 3
GPU 1          : (Topology) Numa Node: 2
GPU 1          : (Topology) Numa Affinity: 2
============================= End of ROCm SMI Log ==============================
`;
  const topology = readRocmSmi(old, "old");
  expect(topology.pci.map(({ node }) => node)).toEqual([3, 2]);
  expect(classes(topology)[0]).toEqual(["X", "SYS"]);
  const types = `${rule("Link Type between two GPUs")}\nGPU0 GPU1\nGPU0 0 PCIE\nGPU1 PCIE 0\n`;
  const unplaced = readRocmSmi(types, "types");
  expect(unplaced.links).toEqual([]);
  expect(classes(unplaced)[0]).toEqual(["X", null]);
});

test("the node is the kernel's, not the driver's for a GPU of an unknown node", () => {
  const facts = "GPU[0]\t: (Topology) Numa Node: 0\nGPU[0]\t: (Topology) Numa Affinity: -1\n";
  expect(readRocmSmi(facts, "facts").pci[0]?.node).toBeNull();
  const huge = "GPU[0]\t: (Topology) Numa Node: 4294967295\n";
  expect(readRocmSmi(huge, "huge").pci[0]?.node).toBeNull();
});

test("bus addresses are used where the output has them", () => {
  const buses = "GPU[0]\t\t: PCI Bus: 0000:C1:00.0\nGPU[1]\t\t: PCI Bus: 0000:0C:00.0\n";
  const both: Example = { ...twoQuads, nodes: [1, 0] };
  const topology = readRocmSmi(showtopo(both) + buses, "buses");
  expect(topology.accelerators.map(({ address }) => address)).toEqual([
    "0000:0c:00.0",
    "0000:c1:00.0",
  ]);
  expect(topology.pci.map(({ node }) => node)).toEqual([0, 1]);
  expect(topology.links).toEqual([
    { a: "0000:0c:00.0", b: "0000:c1:00.0", kind: "xgmi", lanes: null },
  ]);
});

test("the tables of amd-smi topology", () => {
  const labels = ["0000:03:00.0", "0000:0c:00.0", "0000:8d:00.0"];
  const text = [
    "ACCESS TABLE:",
    matrix(labels, () => "ENABLED"),
    "WEIGHT TABLE:",
    matrix(labels, (a, b) => (a === b ? 0 : a + b === 1 ? 15 : 72)),
    "HOPS TABLE:",
    matrix(labels, (a, b) => (a === b ? 0 : a + b === 1 ? 1 : 3)),
    "LINK TYPE TABLE:",
    matrix(labels, (a, b) => (a === b ? "SELF" : a + b === 1 ? "XGMI" : "PCIE")),
    "NUMA BW TABLE:",
    matrix(labels, (a, b) => (a === b ? "N/A" : "50000-100000")),
    "",
    "Legend:",
    "  SELF = Current GPU",
    "  0 = nothing",
  ].join("\n");
  const topology = readRocmSmi(text, "amd.txt");
  expect(topology.accelerators.map(({ address }) => address)).toEqual(labels);
  expect(topology.pci.every(({ root }) => isStandIn(root))).toBe(true);
  expect(topology.links).toEqual([{ a: labels[0], b: labels[1], kind: "xgmi", lanes: null }]);
});

test("the JSON of rocm-smi, warnings before it included", () => {
  const json = JSON.stringify({
    system: {
      "(Topology) Weight between DRM devices 0 and 1": "15",
      "(Topology) Hops between DRM devices 0 and 1": "1",
      "(Topology) Link type between DRM devices 0 and 1": "XGMI",
      "(Topology) Link type between DRM devices 0 and 2": "PCIE",
    },
    card0: { "(Topology) Numa Node": "0", "(Topology) Numa Affinity": "0" },
    card1: { "(Topology) Numa Node": "0", "(Topology) Numa Affinity": "0" },
    card2: { "(Topology) Numa Node": "1", "(Topology) Numa Affinity": "1" },
  });
  const topology = readRocmSmi(`WARNING: GPUs are in a low-power state\n\n${json}\n`, "j.json");
  expect(topology.name).toBe("j");
  expect(classes(topology)).toEqual([
    ["X", "XGMI#", "SYS"],
    ["XGMI#", "X", "SYS"],
    ["SYS", "SYS", "X"],
  ]);
});

test("the JSON of amd-smi, as it was and as it is", () => {
  const bdf = ["0000:01:00.0", "0001:01:00.0"];
  const now = numbers(2).map((gpu) => ({
    gpu,
    bdf: bdf[gpu],
    links: numbers(2).map((other) => ({
      gpu: other,
      bdf: bdf[other],
      weight: gpu === other ? 0 : 15,
      link_status: "ENABLED",
      link_type: gpu === other ? "SELF" : "XGMI",
      num_hops: gpu === other ? 0 : 1,
      bandwidth: "N/A",
    })),
  }));
  const read = readRocmSmi(JSON.stringify(now), "now");
  expect(read.links).toEqual([{ a: bdf[0], b: bdf[1], kind: "xgmi", lanes: null }]);
  expect(readRocmSmi(JSON.stringify({ topology: now }), "now")).toEqual(read);
  const before = numbers(2).map((gpu) => ({
    gpu,
    weight: { gpu_0: gpu * 15, gpu_1: 15 - gpu * 15 },
    hops: { gpu_0: gpu, gpu_1: 1 - gpu },
    link_type: { gpu_0: gpu === 0 ? "SELF" : "XGMI", gpu_1: gpu === 1 ? "SELF" : "XGMI" },
  }));
  expect(readRocmSmi(JSON.stringify(before), "before").links).toEqual([
    { a: standInAddress(0), b: standInAddress(1), kind: "xgmi", lanes: null },
  ]);
});

test.each([
  ["nothing", "", "text-unexpected"],
  ["another tool's matrix", "\tGPU0\tGPU1\nGPU0\t X \tNV12\n", "text-unexpected"],
  ["JSON without GPUs", "{}", "text-unexpected"],
  ["JSON that is cut short", '{"card0": {"(Topology) Numa Node": "0"', "json-malformed"],
  ["amd-smi's GPU without a name", '[{"links": []}]', "text-unexpected"],
  [
    "halves that differ",
    `${rule("Link Type between two GPUs")}\nGPU0 GPU1\nGPU0 0 PCIE\nGPU1 XGMI 0\n`,
    "topology-inconsistent",
  ],
  [
    "one address for two GPUs",
    "GPU[0] : PCI Bus: 0000:C1:00.0\nGPU[1] : PCI Bus: 0000:C1:00.0\n",
    "topology-inconsistent",
  ],
  [
    "numbers and addresses together",
    "GPU[0] : (Topology) Numa Node: 0\nHOPS TABLE:\n 0000:03:00.0\n0000:03:00.0 0\n",
    "text-unexpected",
  ],
  [
    "more GPUs than any machine has",
    numbers(300)
      .map((i) => `GPU[${i}] : (Topology) Numa Node: 0`)
      .join("\n"),
    "text-unexpected",
  ],
] as const)("%s is refused", async (_, text, code) => {
  const error = await codedError(code, () => readRocmSmi(text, "given.txt"));
  expect(error.where).toContain("given.txt");
  expect(error.expected).not.toBeNull();
});

test("a text that names __proto__ does no harm", () => {
  const text = '{"__proto__": {"(Topology) Numa Node": "1"}, "card0": {"__proto__": "x"}}';
  expect(readRocmSmi(text, "given").accelerators).toHaveLength(1);
  expect(Object.prototype).not.toHaveProperty("(Topology) Numa Node");
});

test("a damaged text is read, or refused with a code", () => {
  const texts = [showtopo(twoQuads), showtopo({ ...twoQuads, nodes: [0, 1, -1, "N/A"] })];
  fc.assert(
    fc.property(
      fc.constantFrom(...texts),
      fc.array(
        fc.tuple(
          fc.nat(4000),
          fc.nat(40),
          fc.constantFrom("", "GPU9", "XGMI", "=", "\n", "\0", "-1"),
        ),
        { minLength: 1, maxLength: 6 },
      ),
      (text, edits) => {
        let damaged = text;
        for (const [at, length, put] of edits) {
          damaged = damaged.slice(0, at) + put + damaged.slice(at + length);
        }
        try {
          expect(contradictions(readRocmSmi(damaged, "damaged"))).toEqual([]);
        } catch (error) {
          if (!(error instanceof EvenkeelError)) throw error;
        }
      },
    ),
    { numRuns: 500 },
  );
});

test.each([
  ["2", null],
  ["3", "SYS"],
  ["far", null],
])("GPUs of unknown nodes, %s hops apart over two processors, are SYS", (hops, expected) => {
  const table = (title: string, value: string): string =>
    `==== ${title} between two GPUs ====\n       GPU0   GPU1\nGPU0   0      ${value}\nGPU1   ${value}      0\n`;
  const topology = readRocmSmi(table("Hops", hops) + table("Link Type", "PCIE"), "topo.txt");
  const [a, b] = topology.accelerators.map(({ address }) => address);
  expect(interconnects(topology)(a ?? "", b ?? "")).toBe(expected);
});
