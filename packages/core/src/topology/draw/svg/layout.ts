import type { Topology } from "../../topology.ts";
import { headerLines } from "../describe.ts";
import { partitionLines } from "../matrix.ts";
import { restLines } from "../pci-branches.ts";
import { type Block, block, column, flow, textBlock } from "./block.ts";
import { offlineBlock } from "./cores.ts";
import { distancesBlock } from "./distances.ts";
import { legendBlock } from "./legend.ts";
import { linksBlock } from "./links.ts";
import { nodesBlock } from "./nodes.ts";

const margin = 24;
/** A drawing as narrow as a small machine's would break its own headings. */
const innerMin = 520;

/**
 * Lays out a drawing. It keeps to the width unless a single thing is wider (a deep tree of PCI
 * switches, a large table), and is no wider than it needs to be.
 */
export function svgLayout(topology: Topology, width: number): Block {
  const inner = width - 2 * margin;
  const nodes = nodesBlock(topology, inner);
  const text = Math.max(innerMin, Math.min(inner, nodes.width));
  const [title = [], ...about] = headerLines(topology, Math.floor(text / 8));
  const lower = flow([distancesBlock(topology), linksBlock(topology, text)], 48, text);
  const content = column(
    [
      column(
        [
          textBlock(title, 20, text),
          ...about.map((one) => textBlock(one, 12, text)),
          offlineBlock(topology, text),
        ],
        2,
      ),
      nodes,
      lower,
      column(
        partitionLines(topology, Math.floor(text / 8)).map((one) => textBlock(one, 12, text)),
        2,
      ),
      column(
        [
          legendBlock(topology, text),
          ...restLines(topology, Math.floor(text / 8)).map((one) => textBlock(one, 11, text)),
        ],
        4,
      ),
    ],
    20,
  );
  const full = Math.max(innerMin, content.width) + 2 * margin;
  return block(full, content.height + 2 * margin, {
    look: "canvas",
    children: [{ x: margin, y: margin, block: content }],
  });
}
