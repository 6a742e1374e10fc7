import { invariant } from "../../../invariant.ts";
import { writeXml } from "../../../xml/write.ts";
import type { Topology } from "../../topology.ts";
import { headerLines } from "../describe.ts";
import { svgLayout } from "./layout.ts";
import { svgOf } from "./render.ts";

/** How large the drawing becomes. */
export interface DrawSvgOptions {
  /** Pixels there are, at least 480; 1280 by default. */
  readonly width?: number;
}

/**
 * Draws a machine in SVG: its packages with their nodes, memory, caches and cores, the PCI trees of
 * each node with their accelerators and NICs, the distances between nodes and the interconnects of
 * accelerators. It shows what `drawTopology` shows, from the same model; unknown values look
 * unknown.
 *
 * The document is self-contained: no scripts, no fonts or images from elsewhere, light or dark as
 * its reader prefers, and a title and a description for screen readers. The same topology gives the
 * same bytes.
 */
export function drawSvg(topology: Topology, { width = 1280 }: DrawSvgOptions = {}): string {
  invariant(width >= 480, "a drawing needs 480 pixels");
  const [, ...about] = headerLines(topology, Infinity);
  const description = about.map((one) => one.map(({ text }) => text).join("")).join("; ");
  return writeXml(svgOf(svgLayout(topology, width), topology.name, description));
}
