import { expect, test } from "vitest";
import { GiB } from "../unit/bytes.ts";
import { contradictions } from "./check.ts";
import { diffTopologies } from "./diff/diff-topologies.ts";
import { topologyDigest } from "./digest.ts";
import { drawDot } from "./draw/draw-dot.ts";
import { drawTopology } from "./draw/draw-topology.ts";
import { drawSvg } from "./draw/svg/draw-svg.ts";
import { mergeTopologies } from "./merge/merge-topologies.ts";
import { syntheticTopology } from "./synthetic/build.ts";
import type { Topology } from "./topology.ts";

/** How much memory of a node was free is a moment's figure: shown, and no part of the machine. */

const machine = syntheticTopology("package:2 core:4 memory:64Gi hugepages:20x1Gi");
const read = (source: string, ...free: readonly (number | null)[]): Topology => ({
  ...machine,
  source,
  nodes: machine.nodes.map((node, i) => ({ ...node, freeBytes: free[i] ?? null })),
});
const freeOf = ({ nodes }: Topology): (number | null)[] => nodes.map((node) => node.freeBytes);

test("it is drawn where it is known, also where it is none", () => {
  const one = read("numactl", 12 * GiB, null);
  const text = drawTopology(one, { width: 80 });
  expect(text).toContain("64 GiB, 12 GiB free · 20 × 1 GiB free");
  expect(text).toContain("64 GiB · 20 × 1 GiB free");
  expect(drawTopology(read("numactl", 0), { width: 80 })).toContain("64 GiB, 0 B free");
  for (const drawn of [drawSvg(one), drawDot(one)]) expect(drawn).toContain("12 GiB free");
});

test("it makes no other machine, no difference and no contradiction of sources", () => {
  const [now, later] = [read("sysfs", 12 * GiB, 3 * GiB), read("numactl", GiB, 2 * GiB)];
  expect(topologyDigest(now)).toBe(topologyDigest(machine));
  expect(diffTopologies(now, later)).toEqual([]);
  const { topology, findings } = mergeTopologies([now, later]);
  expect([freeOf(topology), findings]).toEqual([[12 * GiB, 3 * GiB], []]);
  const completed = mergeTopologies([read("lspci", null, 0), later]);
  expect([freeOf(completed.topology), completed.findings]).toEqual([[GiB, 0], []]);
});

test("a part of a byte is a contradiction", () => {
  expect(contradictions(read("sysfs", 0.5)).map(({ path }) => path)).toEqual([
    "nodes[0].freeBytes",
  ]);
});
