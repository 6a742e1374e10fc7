import { expect, test } from "vitest";
import { withoutNumbers } from "../../../testing/topology/without-numbers.ts";
import { contradictions } from "../check.ts";
import { syntheticTopology } from "../synthetic/build.ts";
import type { Topology } from "../topology.ts";
import { topologyWarnings } from "../warnings/warnings.ts";
import { drawDot } from "./draw-dot.ts";
import { drawTopology } from "./draw-topology.ts";
import { drawSvg } from "./svg/draw-svg.ts";

/**
 * A node whose number nobody told is never counted, and no drawing shows it as a node: its devices
 * stand together, among those whose node is unknown.
 */
const machine = syntheticTopology("package:2 core:4 root*2[gpu:l40s] root[nic:cx7]");
const vague: Topology = { ...withoutNumbers(machine), cores: [] };
const [first, second] = machine.nodes;

test("devices of a node without a number stand together, and no node is drawn", () => {
  expect(contradictions(vague)).toEqual([]);
  const text = drawTopology(vague, { width: 80 });
  expect(text).toContain("at least 8 CPUs · packages, nodes, cores and memory unknown");
  expect(text).toContain(`these share a node with CPUs ${first?.cpus}`);
  expect(text).toContain(`these share a node with CPUs ${second?.cpus}`);
  expect(text.split("\n").filter((line) => line.includes("╭"))).toHaveLength(1);
  const svg = drawSvg(vague);
  expect(svg).toContain(`these share a node with CPUs ${first?.cpus}`);
  expect(svg).not.toContain("data-node=");
  const dot = drawDot(vague);
  expect(dot).toContain("nodes unknown, cores unknown");
  expect(dot).toContain(`label="these share a node with CPUs ${second?.cpus}"`);
  const said = [text, dot, svg, ...topologyWarnings(vague).map(({ message }) => message)];
  expect(said.join("\n")).not.toMatch(/node \d|\b[12] nodes?\b|package unknown/);
});

test("a device alone on such a node has its CPUs said, and unknown CPUs are not said", () => {
  const [device] = vague.accelerators;
  const alone = {
    ...vague,
    unnumberedNodes: [{ devices: [device?.address ?? ""], cpus: "0-3" }],
  };
  expect(drawTopology(alone, { width: 80 })).toContain("its node has CPUs 0-3");
  const shared = withoutNumbers(machine, () => null);
  expect(drawTopology(shared, { width: 80 })).toMatch(/these share a node +│/);
});

test("long lists of CPUs are cut", () => {
  const cpus = Array.from({ length: 40 }, (_, i) => 2 * i).join(",");
  const long = {
    ...vague,
    unnumberedNodes: vague.unnumberedNodes.map((node) => ({ ...node, cpus })),
  };
  const text = drawTopology(long, { width: 80 });
  expect(text).toContain("CPUs 0,2,4");
  expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
});
