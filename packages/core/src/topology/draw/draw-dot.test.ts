import { execFileSync, spawnSync } from "node:child_process";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { catalogMachine, catalogNames } from "../catalog/catalog.ts";
import { syntheticTopology } from "../synthetic/build.ts";
import { wideTopology } from "../../../testing/topology/arbitrary-machine.ts";
import type { Topology } from "../topology.ts";
import { drawDot } from "./draw-dot.ts";

const graphviz = "dot";
const hasGraphviz = spawnSync(graphviz, ["-V"]).status === 0;

/** What is left of the text without its strings: the language's own words and signs. */
function syntaxOf(dot: string): string {
  return dot.replaceAll(/"(?:[^"\\]|\\.)*"/g, "S");
}

const syntaxLine =
  /^(graph S \{|subgraph S \{|\}|label=S|(S|graph|node|edge) \[\w+=(S|\w+)(, \w+=(S|\w+))*\]|S -- S( \[\w+=(S|\w+)(, \w+=(S|\w+))*\])?)$/;

function misread(dot: string): string[] {
  const lines = syntaxOf(dot).trimEnd().split("\n");
  const depth = lines.reduce(
    (sum, one) => sum + (one.endsWith("{") ? 1 : 0) - (one.endsWith("}") ? 1 : 0),
    0,
  );
  return [
    ...(depth === 0 ? [] : ["braces do not match"]),
    ...lines.filter((one) => !syntaxLine.test(one.trim())),
  ];
}

test("a small machine, as it stands", () => {
  const topology = syntheticTopology(
    "package:2 core:2 thread:2 memory:4Gi root[switch[gpu:h100-sxm nic:cx7]] nvlink:18",
    "small",
  );
  expect(`\n${drawDot(topology)}`).toMatchInlineSnapshot(`
    "
    graph "small" {
      graph [label="small\\n2 nodes, 4 cores", rankdir=LR, style=rounded, fontname="sans-serif"]
      node [shape=box, fontname="sans-serif", fontsize=11]
      edge [fontname="sans-serif", fontsize=10]
      subgraph "cluster package 0" {
        label="package 0"
        subgraph "cluster node 0" {
          label="node 0"
          "node 0 memory" [label="4 GiB\\nno huge pages\\n2 cores × 2 threads · one L3\\nCPUs 0-1,4-5", shape=note]
          "node 0 pci 0" [label="15", style=rounded]
          "node 0 pci 0.0" [label="16:00.0", style=rounded]
          "0000:18:00.0" [label="GPU0 H100 SXM5 80GB\\n18:00.0 · gen5 x16", style=filled, fillcolor="#dcf5e4"]
          "node 0 pci 0.0" -- "0000:18:00.0"
          "0000:19:00.0" [label="NIC mlx5_0 RDMA\\n19:00.0 · gen5 x16", style=filled, fillcolor="#dff0fb"]
          "node 0 pci 0.0" -- "0000:19:00.0"
          "node 0 pci 0" -- "node 0 pci 0.0"
        }
      }
      subgraph "cluster package 1" {
        label="package 1"
        subgraph "cluster node 1" {
          label="node 1"
          "node 1 memory" [label="4 GiB\\nno huge pages\\n2 cores × 2 threads · one L3\\nCPUs 2-3,6-7", shape=note]
          "node 1 pci 0" [label="26", style=rounded]
          "node 1 pci 0.0" [label="27:00.0", style=rounded]
          "0000:29:00.0" [label="GPU1 H100 SXM5 80GB\\n29:00.0 · gen5 x16", style=filled, fillcolor="#dcf5e4"]
          "node 1 pci 0.0" -- "0000:29:00.0"
          "0000:2a:00.0" [label="NIC mlx5_1 RDMA\\n2a:00.0 · gen5 x16", style=filled, fillcolor="#dff0fb"]
          "node 1 pci 0.0" -- "0000:2a:00.0"
          "node 1 pci 0" -- "node 1 pci 0.0"
        }
      }
      "0000:18:00.0" -- "0000:29:00.0" [label="NV18", minlen=0, color="#2f9e57", penwidth=2]
    }
    "
  `);
});

test("whatever the machine, every line is of the language and every device a vertex once", () => {
  fc.assert(
    fc.property(wideTopology, (topology) => {
      const dot = drawDot(topology);
      expect(misread(dot)).toEqual([]);
      const lines = dot.split("\n").map((one) => one.trim());
      for (const { address } of [...topology.accelerators, ...topology.nics]) {
        const vertices = lines.filter((one) => one.startsWith(`"${address}" [label=`));
        expect(vertices).toHaveLength(1);
      }
      for (const { id } of topology.nodes) {
        expect(dot.split(`subgraph "cluster node ${id}" {`)).toHaveLength(2);
      }
      expect(drawDot(structuredClone(topology))).toBe(dot);
    }),
  );
});

const hostile = `a"]; b -- c \\" \\\\ \n } subgraph {`;

function hostileMachine(text: string): Topology {
  const machine = syntheticTopology("core:2 memory:1Gi root[gpu:l40s nic:cx7]");
  return {
    ...machine,
    name: text,
    accelerators: machine.accelerators.map((one) => ({ ...one, model: text })),
    nics: machine.nics.map((one) => ({ ...one, name: text })),
  };
}

test("hostile names stay within their strings", () => {
  expect(misread(drawDot(hostileMachine(hostile)))).toEqual([]);
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(misread(drawDot(hostileMachine(text)))).toEqual([]);
    }),
  );
});

test("what is no such graph is seen as none", () => {
  expect(misread(`graph "a" {\n  a -- b\n}`)).toEqual(["  a -- b"]);
  expect(misread(`graph "a" {`)).toEqual(["braces do not match"]);
});

test.skipIf(!hasGraphviz).each(catalogNames)("Graphviz draws %s", (name) => {
  const topology = catalogMachine(name);
  if (topology === null) throw new Error("not in the catalog");
  const svg = execFileSync(graphviz, ["-Tsvg"], { input: drawDot(topology), encoding: "utf8" });
  for (const [i, { model }] of topology.accelerators.entries()) {
    expect(svg).toContain(`>GPU${i} ${model}<`);
  }
});

test.skipIf(!hasGraphviz)("Graphviz takes a hostile name for a name", () => {
  const dot = drawDot(hostileMachine(hostile));
  const svg = execFileSync(graphviz, ["-Tsvg"], { input: dot, encoding: "utf8" });
  expect(svg).toContain("GPU0 a&quot;]; b ");
});
