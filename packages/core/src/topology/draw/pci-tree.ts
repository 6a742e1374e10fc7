import { at } from "../../unit/list.ts";
import type { PciDevice } from "../topology.ts";
import { fitted, type Line, line, span, widestOf, widthOf } from "./line.ts";
import {
  type Branch,
  deviceLinkLine,
  type DeviceName,
  deviceNames,
  groupNote,
  hostUseNote,
  type Leaf,
  partNotes,
  pciForests,
  type Place,
  redirectNote,
  shortener,
} from "./pci-branches.ts";
import type { Scene } from "./scene.ts";
import { coreSigns, signsLine, type TenancyView } from "./tenancy.ts";

/**
 * The forests of PCI as text:
 *
 *     15 ─ 16:00.0 ┬ 18:00.0  GPU0  H100 SXM5 80GB  gen5 x16
 *                  └ 19:00.0  NIC   mlx5_0 RDMA     gen5 x16
 */
export interface DrawnTree {
  readonly place: Place;
  readonly lines: readonly Line[];
}

/**
 * The trees of a topology, those of one node together. Where the width does not hold a node's trees
 * they are drawn downwards: whoever has several below it stands on a line of its own.
 *
 *     15 ─ 15:01.0 ─ 16:00.0
 *     ├ 17:00.0 ─ 18:00.0  GPU0  H100 SXM5 80GB  gen5 x16
 *     └ 17:01.0 ─ 19:00.0  NIC   mlx5_0 RDMA     gen5 x16
 */
export function pciTrees(scene: Scene, width: number): DrawnTree[] {
  const { topology, tenancy } = scene;
  const short = shortener(topology);
  const nameOf = deviceNames(topology);
  const partsOf = partNotes(topology);
  const byAddress = new Map(topology.pci.map((device) => [device.address, device]));
  const cellsOf = (leaf: Leaf): readonly Line[] =>
    leafCells(leaf.device, nameOf(leaf.device), holderCell(tenancy, leaf), short, [
      ...partsOf(leaf.device.address),
      ...hostUseNote(leaf.device),
      ...groupNote(topology, leaf.device, short),
      ...redirectNote(byAddress.get(leaf.device.parent ?? "")),
    ]);
  const linesOf = (rows: readonly Row[]): readonly Line[] => {
    const leaves = rows.filter(({ leaf }) => leaf !== null);
    const leafColumn = Math.max(...leaves.map(({ stem }) => widthOf(stem)));
    return aligned(
      rows.map(({ stem, leaf }) => {
        if (leaf === null) return { stem, cells: [] };
        const wire = span("─".repeat(leafColumn - widthOf(stem)), "frame");
        return { stem: [...stem, wire], cells: cellsOf(leaf) };
      }),
    );
  };
  return pciForests(scene).map(({ place, roots }) => {
    const across = linesOf(roots.flatMap((root) => branchLines(root)));
    if (widestOf(across) <= width) return { place, lines: across };
    const down = linesOf(roots.flatMap((root) => downwardLines(root, [], [])));
    return { place, lines: widestOf(down) < widestOf(across) ? down : across };
  });
}

interface Row {
  readonly stem: Line;
  /** Null on the line of a branch by itself. */
  readonly leaf: Leaf | null;
}

/** A branch behind its own joint, and what is below it behind `indent`. */
function downwardLines(branch: Branch, joint: Line, indent: Line): Row[] {
  const stem: Line = [...joint, span(branch.label, "faint")];
  const [only, ...others] = branch.below;
  if (only !== undefined && others.length === 0) {
    const wired: Line = [...stem, span(" ─", "frame")];
    if (only.kind === "leaf") return [{ stem: wired, leaf: only }];
    return downwardLines(only, [...wired, span(" ")], indent);
  }
  const below = branch.below.flatMap((child, i): Row[] => {
    const isLast = i === branch.below.length - 1;
    const own: Line = [...indent, span(isLast ? "└" : "├", "frame")];
    if (child.kind === "leaf") return [{ stem: own, leaf: child }];
    const inner: Line = [...indent, span(isLast ? "  " : "│ ", "frame")];
    return downwardLines(child, [...own, span(" ")], inner);
  });
  return [{ stem, leaf: null }, ...below];
}

function branchLines({ label: name, below }: Branch): (Row & { readonly leaf: Leaf })[] {
  return below.flatMap((child, i) => {
    const rows = child.kind === "branch" ? branchLines(child) : [{ stem: [], leaf: child }];
    const last = i === below.length - 1;
    return rows.map(({ stem, leaf }, row) => {
      const label = i === 0 && row === 0 ? name : " ".repeat(name.length);
      const first = below.length === 1 ? "─" : i === 0 ? "┬" : last ? "└" : "├";
      const joint = row === 0 ? first : last ? " " : "│";
      return {
        stem: [
          span(label, "faint"),
          span(` ${joint}`, "frame"),
          ...(stem.length > 0 ? [span(" "), ...stem] : []),
        ],
        leaf,
      };
    });
  });
}

/** The signs of the VMs that have a device, or that it is free; none where VMs are not drawn. */
function holderCell(tenancy: TenancyView | null, { device }: Leaf): readonly Line[] {
  if (tenancy === null) return [];
  const holders = tenancy.holdersOf(device.address);
  if (holders.length > 0) return [signsLine(tenancy, holders)];
  const isSold = tenancy.soldDevices.has(device.address);
  return [isSold ? line(span(coreSigns.free, "faint")) : []];
}

function leafCells(
  device: PciDevice,
  { kind, label, name }: DeviceName,
  holder: readonly Line[],
  short: (address: string) => string,
  notes: Line,
): Line[] {
  const link = [...deviceLinkLine(device, kind), ...notes];
  const style = kind === "function" ? "plain" : kind;
  return [line(short(device.address)), line(span(label, style)), ...holder, name, link];
}

/** Rows of cells in columns as wide as their widest, after the stem. */
function aligned(
  rows: readonly { readonly stem: Line; readonly cells: readonly Line[] }[],
): Line[] {
  const columns = Math.max(0, ...rows.map(({ cells }) => cells.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    widestOf(rows.map(({ cells }) => cells[column] ?? [])),
  );
  return rows.map(({ stem, cells }) => [
    ...stem,
    ...cells.flatMap((cell, column) => [
      span(column === 0 ? " " : "  "),
      ...(column === cells.length - 1 ? cell : fitted(cell, at(widths, column))),
    ]),
  ]);
}
