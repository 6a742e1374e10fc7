import { invariant } from "../../../invariant.ts";
import { writeXml } from "../../../xml/write.ts";
import type { Topology } from "../../topology.ts";
import { headerLines } from "../describe.ts";
import { type SceneOptions, sceneOf } from "../scene.ts";
import { svgLayout } from "./layout.ts";
import { svgOf } from "./render.ts";

/** How large the drawing becomes, and what it shows. */
export interface DrawSvgOptions extends SceneOptions {
  /** Pixels there are, at least 480; 1280 by default. */
  readonly width?: number;
}

/**
 * Draws a machine in SVG: its packages with their nodes, memory, caches and cores, the PCI trees of
 * each node with their accelerators and NICs, the distances between nodes and the interconnects of
 * accelerators. With a tenancy every VM has a sign and a color. It shows what `drawTopology` shows,
 * from the same model; unknown values look unknown.
 *
 * The document is self-contained: no scripts, no fonts or images from elsewhere, light or dark as
 * its reader prefers, and a title and a description for screen readers. The same topology gives the
 * same bytes.
 */
export function drawSvg(given: Topology, options: DrawSvgOptions = {}): string {
  const { width = 1280 } = options;
  invariant(width >= 480, "a drawing needs 480 pixels");
  const scene = sceneOf(given, options);
  const { topology } = scene;
  const [, ...about] = headerLines(topology, Infinity);
  const description = about.map((one) => one.map(({ text }) => text).join("")).join("; ");
  return writeXml(svgOf(svgLayout(scene, width), topology.name, description));
}
