import { at } from "../../../unit/list.ts";
import type { PciDevice } from "../../topology.ts";
import { joined, line, span } from "../line.ts";
import {
  type Branch,
  deviceLinkLine,
  deviceNames,
  type Forest,
  groupNote,
  hostUseNote,
  type Leaf,
  partNotes,
  shortener,
  shownAddresses,
} from "../pci-branches.ts";
import type { Scene } from "../scene.ts";
import type { TenancyView } from "../tenancy.ts";
import {
  type Block,
  block,
  column,
  framed,
  grid,
  lineHeight,
  type Mark,
  type Placed,
  row,
  short,
  textBlock,
  textWidth,
  wrappedText,
} from "./block.ts";
import { signBlock, signWidth } from "./sign.ts";

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
export function treeDrawer(scene: Scene): (forest: Forest) => Block {
  const { topology, tenancy, all } = scene;
  const shortened = shortener(topology);
  const nameOf = deviceNames(topology);
  const boxes = new Map<string, Block>();
  const shown = shownAddresses(topology, all);
  const partsOf = partNotes(topology);
  for (const device of topology.pci.filter(({ address }) => shown.has(address))) {
    const { kind, label, name } = nameOf(device);
    const address = shortened(device.address);
    const place = address === "?" ? span("address unknown", "unknown") : span(address, "faint");
    // A space that does not break keeps the label with its name, and a little apart from it.
    const style = kind === "function" ? "title" : kind;
    const first = wrappedText([span(`${label}\u{a0}`, style), ...name], 13, nameMax);
    const note = [
      ...partsOf(device.address),
      ...hostUseNote(device),
      ...groupNote(topology, device, shortened),
    ];
    const second = textBlock(joined([[place], deviceLinkLine(device, kind)], " · "), 11, nameMax);
    const third = note.length === 0 ? [] : [wrappedText(note, 11, nameMax)];
    const text = column([first, second, ...third], 0);
    const holders = tenancy === null ? [] : tenancy.holdersOf(device.address);
    const held = tenancy === null ? text : heldBlock(tenancy, device, text);
    const names = tenancy === null ? [] : holders.map((vm) => at(tenancy.vms, vm).name);
    boxes.set(
      device.address,
      framed(held, 7, {
        look: boxLooks[kind],
        tooltip: names.length === 0 ? null : `${label}: ${names.join(", ")}`,
        about: { [kind]: device.address, ...(names.length === 0 ? {} : { vm: names.join(" ") }) },
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

const boxLooks = { accelerator: "gpu", nic: "nicBox", function: "functionBox" } as const;

/** A device's text beside the sign of the VM that has it, and above the VM's name. */
function heldBlock(tenancy: TenancyView, { address }: PciDevice, text: Block): Block {
  const holders = tenancy.holdersOf(address);
  const [only, ...others] = holders;
  if (only === undefined) {
    const free = tenancy.soldDevices.has(address) ? [line(span("free", "faint"))] : [];
    return column([text, ...free.map((one) => textBlock(one, 11))], 0);
  }
  const name = others.length === 0 ? at(tenancy.vms, only).name : `${holders.length} VMs`;
  const named = column([text, textBlock(line(span(name, "title")), 11, nameMax)], 0);
  const shown = holders.slice(0, holdersMax);
  const each = named.height / shown.length;
  const marks = shown.map((vm) => at(tenancy.marks, vm));
  const width = Math.max(...marks.map(signWidth));
  const tabs = column(
    marks.map((mark) => signBlock(mark, width, each - (marks.length > 1 ? 1 : 0))),
    marks.length > 1 ? 1 : 0,
  );
  return row([tabs, named], 7);
}

/** As many signs of VMs beside one device as there is height for. */
const holdersMax = 4;

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
    const many = framed(grid(leaves.map(boxOf), columns, gap), gap, { look: "many" });
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
