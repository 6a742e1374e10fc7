import type { Topology } from "../../topology.ts";
import { linkLine } from "../describe.ts";
import { joined, line, span } from "../line.ts";
import {
  type Branch,
  deviceNames,
  type Forest,
  groupNote,
  hostUseNote,
  type Leaf,
  partNotes,
  shortener,
  shownAddresses,
} from "../pci-branches.ts";
import {
  type Block,
  block,
  column,
  framed,
  grid,
  lineHeight,
  type Mark,
  type Placed,
  short,
  textBlock,
  textWidth,
  wrappedText,
} from "./block.ts";

const gap = 6;
/** Between a branch and what is below it, where its wires run. */
const lane = 18;
const nameMax = 230;
/** More devices below one branch are put into columns of so many. */
const columnMax = 12;

/** A block, and where on its left side the wire to it ends. */
interface Anchored {
  readonly block: Block;
  readonly anchor: number;
}

/** Draws the trees of nodes, all device boxes of one machine equally wide. */
export function treeDrawer(topology: Topology): (forest: Forest) => Block {
  const shortened = shortener(topology);
  const nameOf = deviceNames(topology);
  const boxes = new Map<string, Block>();
  const shown = shownAddresses(topology);
  const partsOf = partNotes(topology);
  for (const device of topology.pci.filter(({ address }) => shown.has(address))) {
    const { kind, label, name } = nameOf(device);
    const address = shortened(device.address);
    const place = address === "?" ? span("address unknown", "unknown") : span(address, "faint");
    // A space that does not break keeps the label with its name, and a little apart from it.
    const first = wrappedText([span(`${label}\u{a0}`, kind), ...name], 13, nameMax);
    const note = [
      ...partsOf(device.address),
      ...hostUseNote(device),
      ...groupNote(topology, device, shortened),
    ];
    const second = textBlock(joined([[place], linkLine(device.link)], " · "), 11, nameMax);
    const third = note.length === 0 ? [] : [wrappedText(note, 11, nameMax)];
    boxes.set(
      device.address,
      framed(column([first, second, ...third], 0), 7, {
        look: kind === "accelerator" ? "gpu" : "nicBox",
        about: { [kind]: device.address },
      }),
    );
  }
  const widest = Math.max(0, ...[...boxes.values()].map(({ width }) => width));
  const boxOf = ({ device }: Leaf): Block => ({
    ...(boxes.get(device.address) ?? block(0, 0)),
    width: widest,
  });
  return ({ roots }) => {
    const reach = Math.max(...roots.map(reachOf));
    return column(
      roots.map((root) => branchBlock(root, reach, boxOf).block),
      gap + 4,
    );
  };
}

function labelBlock(label: string): Block {
  const unknown = label === "?";
  const text = textBlock(line(span(unknown ? "PCI" : label, unknown ? "unknown" : "plain")), 11);
  return framed(text, 4, { look: "bridge", width: labelWidth(label) });
}

function labelWidth(label: string): number {
  return textWidth(line(label === "?" ? "PCI" : label), 11) + 8;
}

/** How far right the deepest devices of a branch begin. */
function reachOf(branch: Branch): number {
  const below = branch.below.map((child) => (child.kind === "branch" ? reachOf(child) : 0));
  return labelWidth(branch.label) + lane + Math.max(0, ...below);
}

/**
 * A branch with what is below it: its label halfway down its children, a wire to each. Devices all
 * begin at `reach`, however deep they lie.
 */
function branchBlock(branch: Branch, reach: number, boxOf: (leaf: Leaf) => Block): Anchored {
  const label = labelBlock(branch.label);
  const turn = label.width + lane / 2;
  const placed: Placed[] = [];
  const ends: { readonly x: number; readonly y: number }[] = [];
  let y = 0;
  for (const child of childrenOf(branch, reach - label.width - lane, boxOf)) {
    const x = child.leaf ? reach : label.width + lane;
    placed.push({ x, y, block: child.block });
    ends.push({ x, y: y + child.anchor });
    y += child.block.height + gap;
  }
  const bottom = y - gap;
  const [first = 0, last = 0] = [ends[0]?.y, ends.at(-1)?.y];
  // Never above its own top or below its own bottom, where one child alone is lower than a label.
  const anchor = Math.max(label.height / 2, (first + last) / 2);
  const height = Math.max(bottom, anchor + label.height / 2);
  const wires = ends.map((end) => `M${short(turn)} ${short(end.y)}H${short(end.x)}`).join("");
  const trunk = `M${short(label.width)} ${short(anchor)}H${short(turn)}M${short(turn)} ${short(Math.min(first, anchor))}V${short(Math.max(last, anchor))}`;
  const marks: Mark[] = [{ kind: "path", look: "wire", d: trunk + wires }];
  const width = Math.max(...placed.map((child) => child.x + child.block.width));
  return {
    block: block(width, height, {
      marks,
      children: [{ x: 0, y: anchor - label.height / 2, block: label }, ...placed],
    }),
    anchor,
  };
}

function childrenOf(
  { below }: Branch,
  reach: number,
  boxOf: (leaf: Leaf) => Block,
): (Anchored & { readonly leaf: boolean })[] {
  const leaves = below.filter((child) => child.kind === "leaf");
  if (leaves.length > columnMax) {
    const columns = Math.ceil(leaves.length / columnMax);
    const many = framed(grid(leaves.map(boxOf), columns, gap), gap, { look: "cache" });
    const others = below.filter((child) => child.kind === "branch");
    return [
      ...others.map((child) => ({ ...branchBlock(child, reach, boxOf), leaf: false })),
      { block: many, anchor: gap + lineHeight(13), leaf: true },
    ];
  }
  return below.map((child) => {
    if (child.kind === "branch") return { ...branchBlock(child, reach, boxOf), leaf: false };
    const box = boxOf(child);
    return { block: box, anchor: box.height / 2, leaf: true };
  });
}
