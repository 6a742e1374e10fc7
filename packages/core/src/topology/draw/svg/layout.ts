import { cacheLines } from "../caches.ts";
import { headerLines } from "../describe.ts";
import type { Line } from "../line.ts";
import { partitionLines } from "../matrix.ts";
import { restLines } from "../pci-branches.ts";
import type { Scene } from "../scene.ts";
import { newSign, type TenancyView } from "../tenancy.ts";
import { tenantEntries } from "../tenancy-text.ts";
import {
  type Block,
  block,
  column,
  flow,
  paragraph,
  row,
  textBlock,
  type TextSize,
} from "./block.ts";
import { offlineBlock } from "./cores.ts";
import { distancesBlock } from "./distances.ts";
import { legendBlock } from "./legend.ts";
import { linksBlock } from "./links.ts";
import { nodesBlock } from "./nodes.ts";
import { signBlock, signHeight, signWidth } from "./sign.ts";
import { vmsBlock } from "./vms.ts";

const margin = 24;
/** A drawing as narrow as a small machine's would break its own headings. */
const innerMin = 520;

/**
 * Lays out a drawing. It keeps to the width unless a single thing is wider (a deep tree of PCI
 * switches, a large table), and is no wider than it needs to be.
 */
export function svgLayout(scene: Scene, width: number): Block {
  const { drawn, text } = machineBlock(scene, width - 2 * margin);
  const rest = restLines(scene, Math.floor(text / characterWidth));
  const content = column(
    [drawn, column([legendBlock(scene, drawn, text), texts(rest, 11, text)], 4)],
    20,
  );
  const full = Math.max(innerMin, content.width) + 2 * margin;
  return block(full, content.height + 2 * margin, {
    look: "canvas",
    children: [{ x: margin, y: margin, block: content }],
  });
}

/** Pixels for a character of the texts that are broken into lines. */
const characterWidth = 8;

/** All but the legend, which explains it; and the width of its texts. */
export function machineBlock(
  scene: Scene,
  inner: number,
): { readonly drawn: Block; readonly text: number } {
  const { topology, tenancy, all } = scene;
  const nodes = nodesBlock(scene, inner);
  const text = Math.max(innerMin, Math.min(inner, nodes.width));
  const characters = Math.floor(text / characterWidth);
  const [title = [], ...about] = headerLines(topology, characters);
  const lower = flow([distancesBlock(topology), linksBlock(scene, text)], 48, text);
  const drawn = column(
    [
      column([textBlock(title, 20, text), texts(about, 12, text), offlineBlock(topology, text)], 2),
      newcomerBlock(tenancy, text),
      nodes,
      ...(tenancy === null ? [] : [vmsBlock(tenancy, text)]),
      lower,
      texts(partitionLines(topology, characters), 12, text),
      texts(all ? cacheLines(topology, characters) : [], 12, text),
    ],
    20,
  );
  return { drawn, text };
}

function texts(lines: readonly Line[], size: TextSize, most: number): Block {
  return column(
    lines.map((one) => textBlock(one, size, most)),
    2,
  );
}

/** The VM that is being placed, and where, said at the top. */
function newcomerBlock(tenancy: TenancyView | null, most: number): Block {
  if (tenancy === null) return block(0, 0);
  const entries = tenantEntries(tenancy).filter(({ mark }) => mark.sign === newSign);
  return column(
    entries.map(({ mark, name, parts }) =>
      row(
        [signBlock(mark, signWidth(mark), signHeight), paragraph([name, ...parts], 12, most - 30)],
        8,
      ),
    ),
    4,
  );
}
