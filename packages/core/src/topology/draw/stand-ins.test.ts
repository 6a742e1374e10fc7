import { expect, test } from "vitest";
import { standInNode } from "../stand-in.ts";
import { syntheticTopology } from "../synthetic/build.ts";
import type { Topology } from "../topology.ts";
import { topologyWarnings } from "../warnings/warnings.ts";
import { nodesText } from "./describe.ts";
import { drawDot } from "./draw-dot.ts";
import { drawTopology } from "./draw-topology.ts";

/** A node whose number nobody told is never counted, and never shown as a node of that number. */
const machine = syntheticTopology("package:2 core:4 root[gpu:l40s]");
const vague: Topology = {
  ...machine,
  nodes: machine.nodes.map((node) => ({ ...node, id: standInNode(node.id), package: null })),
  distances: null,
  cores: [],
  pci: machine.pci.map((device) => ({
    ...device,
    node: device.node === null ? null : standInNode(device.node),
  })),
};

test("stand-ins of nodes are neither counted nor numbered", () => {
  const drawn = [
    drawTopology(vague, { width: 80 }),
    drawDot(vague),
    ...topologyWarnings(vague).map(({ message }) => message),
  ].join("\n");
  expect(drawn).toContain("node unknown");
  expect(drawn).not.toMatch(/node \?|\b[12] nodes|6528\d/);
  expect(nodesText([standInNode(0), standInNode(1)])).toBe("nodes unknown");
  expect(nodesText([3, standInNode(0)])).toBe("node 3");
});
