import { expect, test } from "vitest";
import { GiB } from "../unit/bytes.ts";
import { buildTopology, type NodeParts } from "./build.ts";
import { contradictions } from "./check.ts";
import { diffTopologies } from "./diff/diff-topologies.ts";
import { topologyDigest } from "./digest.ts";
import { drawTopology } from "./draw/draw-topology.ts";
import { mergeTopologies } from "./merge/merge-topologies.ts";
import { syntheticTopology } from "./synthetic/build.ts";
import type { MemoryNode, Topology } from "./topology.ts";
import { topologyWarnings } from "./warnings/warnings.ts";

/** What nobody told of a node is null; that there is none is another value. */

const machine = syntheticTopology(
  "package:2 core:4 thread:2 memory:64Gi hugepages:20x1Gi distances:10/21 iommu:on",
);

function without(changes: Partial<MemoryNode>, from: Topology = machine): Topology {
  return { ...from, nodes: from.nodes.map((node) => ({ ...node, ...changes })) };
}

/** A machine of which only the nodes' numbers are known, as lspci or rocm-smi tells them. */
const bare = buildTopology({
  name: "pasted",
  source: "lspci",
  nodes: [0, 1].map((id): NodeParts => {
    return { id, cpus: null, memoryBytes: null, kind: null, hugepages: null };
  }),
});

const drawn = (topology: Topology): string => drawTopology(topology, { width: 80 });
const messages = (a: Topology, b: Topology): string[] =>
  diffTopologies(a, b).map(({ message }) => message);

test("what nobody told of a node contradicts nothing", () => {
  expect(contradictions(bare)).toEqual([]);
  expect(contradictions(without({ cpus: null, hugepages: null }))).toEqual([]);
  const [core] = machine.cores;
  const elsewhere = machine.cores.map((one) => (one === core ? { ...one, node: 7 } : one));
  expect(contradictions({ ...without({ cpus: null }), cores: elsewhere })).toHaveLength(1);
});

test("what one source does not tell is taken from another, whichever comes first", () => {
  const untold = {
    ...without({ cpus: null, hugepages: null, memoryBytes: null }),
    source: "lspci",
  };
  for (const parts of [
    [machine, untold],
    [untold, machine],
  ]) {
    const { topology, findings } = mergeTopologies(parts);
    expect(findings).toEqual([]);
    expect(topology.nodes).toEqual(machine.nodes);
    expect(topology.cores).toEqual(machine.cores);
  }
  const { topology } = mergeTopologies([untold, { ...untold, source: "later" }]);
  expect(topology.nodes).toEqual(untold.nodes);
  expect(topology.cores).toEqual(untold.cores);
});

test("no huge pages, or no CPUs, in one source contradict those of another", () => {
  const none = { ...without({ hugepages: [] }), source: "hwloc" };
  const found = mergeTopologies([none, machine]);
  expect(found.findings.map(({ message }) => message)).toEqual([
    "node 0: synthetic says huge pages of 1 GiB 20, hwloc says 0",
    "node 1: synthetic says huge pages of 1 GiB 20, hwloc says 0",
  ]);
  expect(found.topology.nodes).toEqual(machine.nodes);
  const idle = { ...without({ cpus: "" }), cores: [], source: "lscpu" };
  const { topology, findings } = mergeTopologies([machine, idle]);
  expect(findings.map(({ message }) => message)).toEqual([
    "node 0: synthetic says CPUs 0-3,8-11, lscpu says none",
    "node 1: synthetic says CPUs 4-7,12-15, lscpu says none",
  ]);
  expect(topology.nodes).toEqual(machine.nodes);
});

test("what becomes known or unknown is a difference, and nothing appears or vanishes by it", () => {
  expect(messages(without({ hugepages: null }), machine)).toEqual([
    "the huge pages of node 0 became known: 20 × 1 GiB",
    "the huge pages of node 1 became known: 20 × 1 GiB",
  ]);
  expect(messages(without({ hugepages: [] }), without({ hugepages: null }))).toEqual([
    "the huge pages of node 0 became unknown, it was none",
    "the huge pages of node 1 became unknown, it was none",
  ]);
  const idle = (cpus: string | null): Topology => ({ ...without({ cpus }), cores: [] });
  expect(messages(idle(""), idle(null))).toEqual([
    "the CPUs of node 0 became unknown, it was none",
    "the CPUs of node 1 became unknown, it was none",
  ]);
  const whole = { ...machine, cores: [] };
  expect(messages(idle(null), whole)).toEqual([
    "the CPUs of node 0 became known: 0-3,8-11",
    "the CPUs of node 1 became known: 4-7,12-15",
  ]);
  expect(messages(without({ cpus: null }), machine)).toEqual([
    "the CPUs of node 0 became known: 0-3,8-11",
    "the CPUs of node 1 became known: 4-7,12-15",
  ]);
});

test("none and unknown have different digests", () => {
  const digests = [
    machine,
    without({ hugepages: [] }),
    without({ hugepages: null }),
    without({ cpus: null }),
  ].map(topologyDigest);
  expect(new Set(digests).size).toBe(4);
});

test("a machine of which nobody told shows no zero, and no warning that anything lacks", () => {
  expect(`\n${drawn(bare)}`).toMatchInlineSnapshot(`
    "
    pasted  lspci
    model unknown
    2 nodes · packages, CPUs and memory unknown
    ╭─ package unknown ───────╮
    │ node 0 · memory unknown │
    │ CPUs unknown            │
    ├─────────────────────────┤
    │ node 1 · memory unknown │
    │ CPUs unknown            │
    ╰─────────────────────────╯

    distances  unknown
    "
  `);
  expect(`\n${drawn(buildTopology({ name: "x", source: "lspci" }))}`).toMatchInlineSnapshot(`
    "
    x  lspci
    model unknown
    packages, nodes, CPUs and memory unknown
    "
  `);
  expect(topologyWarnings(bare).map(({ code }) => code)).toEqual(["distances-missing"]);
  const half = {
    ...machine,
    nodes: [...without({ cpus: null }).nodes.slice(0, 1), ...machine.nodes.slice(1)],
  };
  expect(`\n${drawn({ ...half, cores: [] })}`).toMatchInlineSnapshot(`
    "
    synthetic
    model unknown · x86_64 · 4 KiB pages
    2 packages · 2 nodes · at least 8 CPUs · 128 GiB · cores unknown
    ╭─ package 0 · node 0 ───────────╮  ╭─ package 1 · node 1 ───────────╮
    │ 64 GiB · 20 × 1 GiB free       │  │ 64 GiB · 20 × 1 GiB free       │
    │ CPUs unknown                   │  │ cores unknown · CPUs 4-7,12-15 │
    ╰────────────────────────────────╯  ╰────────────────────────────────╯

    distances   0   1
            0  10  21
            1  21  10
    "
  `);
  expect(topologyWarnings(half)).toEqual([]);
});

test("huge pages are unknown, none, or counted", () => {
  const lines = (hugepages: MemoryNode["hugepages"]): readonly string[] =>
    drawn(without({ hugepages })).match(/64 GiB ·.*?(?= *│)/g) ?? [];
  expect(lines(null)).toEqual(Array(2).fill("64 GiB · huge pages unknown"));
  expect(lines([])).toEqual(Array(2).fill("64 GiB · no huge pages"));
  expect(lines([{ sizeBytes: GiB, total: 3, free: 3 }])).toEqual(
    Array(2).fill("64 GiB · 3 × 1 GiB free"),
  );
});

test("many nodes of which nobody told are question marks in the table", () => {
  const many = buildTopology({
    name: "wide",
    source: "lscpu",
    nodes: Array.from({ length: 40 }, (_, id): NodeParts => ({
      id,
      cpus: id === 0 ? "0-3" : id === 1 ? "" : null,
      memoryBytes: id === 0 ? GiB : null,
      kind: null,
      hugepages: null,
    })),
  });
  const rows = drawn(many)
    .split("\n")
    .map((row) => row.trimEnd());
  expect(rows.slice(2, 7)).toMatchInlineSnapshot(`
    [
      "40 nodes · at least 4 CPUs · at least 1 GiB · packages and cores unknown",
      "node  pkg  cores  CPUs  devices  memory          huge pages free",
      "0          ?      0-3            1 GiB           ?",
      "1          0                     memory unknown  ?",
      "2          ?      ?              memory unknown  ?",
    ]
  `);
});
