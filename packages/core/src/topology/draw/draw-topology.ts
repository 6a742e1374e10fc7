import { invariant } from "../../invariant.ts";
import type { Topology } from "../topology.ts";
import { beside } from "./box.ts";
import { headerLines } from "./describe.ts";
import { keyLines } from "./key.ts";
import { fitted, type Line, printLine, widestOf, widthOf } from "./line.ts";
import { cacheLines } from "./caches.ts";
import { distanceLines, interconnectLines, partitionLines } from "./matrix.ts";
import { nodeTable } from "./node-table.ts";
import { packageBoxes } from "./package-boxes.ts";
import { restLines } from "./pci-branches.ts";
import { type SceneOptions, sceneOf } from "./scene.ts";
import { barredNodes, tenantLines } from "./tenancy-bars.ts";

/** How the text is set, and what it shows. */
export interface DrawOptions extends SceneOptions {
  /** Columns there are, at least 40. */
  readonly width: number;
  /** ANSI escapes for a terminal that shows them; none by default. */
  readonly color?: boolean;
}

/** Nodes with CPUs beyond which a drawing becomes a table. */
const boxedNodesMax = 16;
const gap = 4;

/**
 * Draws a machine as text: its packages with their nodes, memory and cores, the PCI trees of each
 * node, and below them the distances and interconnects. Packages stand side by side where the width
 * allows it; a machine of many nodes is a table. With a tenancy every VM has a sign and a color, by
 * which cores, memory and devices are marked and VMs listed below. Unknown values are marked as
 * such. The same topology gives the same text, which ends in a line break.
 */
export function drawTopology(given: Topology, options: DrawOptions): string {
  const { width, color = false } = options;
  invariant(width >= 40, "a drawing needs 40 columns");
  const scene = sceneOf(given, options);
  const { topology, tenancy, all } = scene;
  const boxedNodes = topology.nodes.filter((node) => node.cpus !== "").length;
  const isTable = boxedNodes > boxedNodesMax;
  const body = isTable ? nodeTable(scene, width) : packageBoxes(scene, width);
  const bars = tenancy === null || isTable ? [] : barredNodes(tenancy);
  const distances = distanceLines(topology, width);
  const links = interconnectLines(topology, width);
  const fit = distances.length > 0 && widestOf(distances) + gap + widestOf(links) <= width;
  const sections: readonly (readonly Line[])[] = [
    headerLines(topology, width),
    body,
    ...(fit ? [beside([distances, links], gap)] : [distances, links]),
    partitionLines(topology, width),
    all ? cacheLines(topology, width) : [],
    tenancy === null ? [] : tenantLines(tenancy, width),
    keyLines(scene, width, { trees: !isTable, bars, links: true }),
    restLines(scene, width, !isTable),
  ];
  const lines = sections
    .filter((section) => section.length > 0)
    .flatMap((section, i) => (i < 2 ? section : [[], ...section]))
    .map((one) => (widthOf(one) > width ? fitted(one, width) : one));
  return `${lines.map((one) => printLine(one, color)).join("\n")}\n`;
}
