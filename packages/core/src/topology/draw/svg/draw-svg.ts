import { invariant } from "../../../invariant.ts";
import { writeXml } from "../../../xml/write.ts";
import type { Topology } from "../../topology.ts";
import { headerLines } from "../describe.ts";
import { svgLayout } from "./layout.ts";
import { svgOf } from "./render.ts";

export interface DrawSvgOptions {
  /** Pixels there are, at least 480; 1280 by default. */
  readonly width?: number;
}

/**
 * A machine as a drawing in SVG: its packages with their nodes, memory, caches and cores, the PCI
 * trees that hang from each node with their accelerators and NICs, how far nodes are from one
 * another and how accelerators reach each other. It shows what `drawTopology` says, from the same
 * model; what is unknown looks so.
 *
 * The document stands for itself: no scripts, no fonts or images from elsewhere, light or dark as
 * its reader prefers, and a title and a description for those who do not see it. The same topology
 * gives the same bytes.
 */
export function drawSvg(topology: Topology, { width = 1280 }: DrawSvgOptions = {}): string {
  invariant(width >= 480, "a drawing needs 480 pixels");
  const [, ...about] = headerLines(topology, Infinity);
  const description = about.map((one) => one.map(({ text }) => text).join("")).join("; ");
  return writeXml(svgOf(svgLayout(topology, width), topology.name, description));
}
