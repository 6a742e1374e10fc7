import { comparePciAddresses } from "../pci-address.ts";
import type { PciDevice, Topology } from "../topology.ts";
import { linkLine, listOf } from "./describe.ts";
import { fitted, type Line, line, span, widestOf, widthOf } from "./line.ts";

/**
 * The part of the PCI tree that matters for placement: host bridges, switches, and the
 * accelerators and NICs below them. Ports are not shown, for each thing has its own; neither is
 * what is no accelerator or NIC, of which real machines have hundreds.
 *
 *     15 ─ 16:00.0 ┬ 18:00.0  GPU0  H100 SXM5 80GB  gen5 x16
 *                  └ 19:00.0  NIC   mlx5_0 RDMA     gen5 x16
 */
export interface DrawnTree {
  /** The node that all of it hangs from; null where that is unknown. */
  readonly node: number | null;
  readonly lines: readonly Line[];
}

interface Branch {
  readonly label: string;
  readonly node: number | null;
  readonly below: (Branch | Leaf)[];
}

interface Leaf {
  readonly device: PciDevice;
}

/** The trees of a topology, those of one node together. */
export function pciTrees(topology: Topology): DrawnTree[] {
  const short = shortener(topology);
  const ordinals = new Map(topology.accelerators.map(({ address }, i) => [address, i]));
  const shown = topology.pci.filter(({ address }) => isShown(topology, address));
  const roots = rootsOf(topology, shown, short);
  const nodes = [...new Set(roots.map(({ node }) => node))].toSorted(nodeOrder);
  return nodes.map((node) => {
    const blocks = roots.filter((root) => root.node === node).map((root) => branchLines(root));
    const leafColumn = Math.max(...blocks.flat().map(({ stem }) => widthOf(stem)));
    const rows = blocks.flat().map(({ stem, leaf }) => ({
      stem: [...stem, span("─".repeat(leafColumn - widthOf(stem)), "frame")],
      cells: leafCells(topology, leaf.device, ordinals, short),
    }));
    return { node, lines: aligned(rows) };
  });
}

const nodeOrder = (a: number | null, b: number | null): number =>
  a === b ? 0 : (a ?? Infinity) - (b ?? Infinity);

function isShown({ accelerators, nics }: Topology, address: string): boolean {
  return [...accelerators, ...nics].some((device) => device.address === address);
}

/** Leaves the domain out where there is only the first, as lspci does. */
function shortener({ pci }: Topology): (address: string) => string {
  const only = pci.every(({ address }) => address.startsWith("0000:"));
  return (address) => (only ? address.replace(/^0000:/, "") : address);
}

/** The host bridges with what is shown below them, once for each node that devices there have. */
function rootsOf(
  { pci }: Topology,
  shown: readonly PciDevice[],
  short: (address: string) => string,
): Branch[] {
  const byAddress = new Map(pci.map((device) => [device.address, device]));
  const roots = new Map<string, Branch>();
  for (const device of shown) {
    const key = `${device.root} ${device.node}`;
    const label = short(device.root.replace(/^pci/, ""));
    const root = roots.get(key) ?? { label, node: device.node, below: [] };
    roots.set(key, root);
    let branch = root;
    for (const upstream of switchesAbove(device, byAddress)) {
      const known = branch.below.find(
        (child) => "label" in child && child.label === short(upstream),
      );
      const next =
        known !== undefined && "label" in known
          ? known
          : { label: short(upstream), node: device.node, below: [] };
      if (next !== known) branch.below.push(next);
      branch = next;
    }
    branch.below.push({ device });
  }
  return [...roots.values()];
}

/**
 * The upstream ports above a device, outermost first: bridges that have a bridge both above and
 * below them on the way alternate as upstream and downstream ports, beginning below the root port.
 */
function switchesAbove(device: PciDevice, byAddress: ReadonlyMap<string, PciDevice>): string[] {
  const above: string[] = [];
  for (let at = device.parent; at !== null; at = byAddress.get(at)?.parent ?? null) {
    if (above.includes(at)) break;
    above.unshift(at);
  }
  return above.filter((_, i) => i % 2 === 1);
}

interface Row {
  readonly stem: Line;
  readonly leaf: Leaf;
}

function branchLines(branch: Branch): Row[] {
  const children = branch.below.toSorted((a, b) => comparePciAddresses(firstOf(a), firstOf(b)));
  return children.flatMap((child, i) => {
    const rows: Row[] = "label" in child ? branchLines(child) : [{ stem: [], leaf: child }];
    const last = i === children.length - 1;
    return rows.map(({ stem, leaf }, row) => {
      const label = i === 0 && row === 0 ? branch.label : " ".repeat(branch.label.length);
      const first = children.length === 1 ? "─" : i === 0 ? "┬" : last ? "└" : "├";
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

function firstOf(node: Branch | Leaf): string {
  if ("device" in node) return node.device.address;
  const [first] = node.below.map(firstOf).toSorted(comparePciAddresses);
  return first ?? "";
}

function leafCells(
  topology: Topology,
  device: PciDevice,
  ordinals: ReadonlyMap<string, number>,
  short: (address: string) => string,
): Line[] {
  const ordinal = ordinals.get(device.address);
  const address = line(short(device.address));
  const note = groupNote(topology, device, short);
  const link = [...linkLine(device.link), ...note];
  if (ordinal !== undefined) {
    const accelerator = topology.accelerators[ordinal];
    const model = accelerator?.model ?? null;
    const name =
      model === null
        ? span(`${device.vendor}:${device.device}`, "unknown")
        : span(model, "accelerator");
    return [address, line(span(`GPU${ordinal}`, "accelerator")), line(name), link];
  }
  const nic = topology.nics.find((one) => one.address === device.address);
  const name = nic?.name ?? `${device.vendor}:${device.device}`;
  const rdma = nic?.rdma === true ? [span(" RDMA")] : [];
  return [address, line(span("NIC", "nic")), [span(name, "nic"), ...rdma], link];
}

/** The other functions of its IOMMU group that are no bridges: they go wherever it goes. */
function groupNote({ pci }: Topology, device: PciDevice, short: (address: string) => string): Line {
  if (device.iommuGroup === null) return [];
  const others = pci.filter(
    (other) =>
      other.iommuGroup === device.iommuGroup &&
      other.address !== device.address &&
      !other.class.startsWith("0604"),
  );
  if (others.length === 0) return [];
  const shown =
    others.length <= 2 ? others.map((other) => short(other.address)).join(" ") : others.length;
  return line(span(` with ${shown}`, "warning"));
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
      ...(column === cells.length - 1 ? cell : fitted(cell, widths[column] ?? 0)),
    ]),
  ]);
}

/** How many PCI functions besides bridges are not drawn. */
export function hiddenFunctions(topology: Topology): number {
  return topology.pci.filter(
    ({ address, class: code }) => !code.startsWith("06") && !isShown(topology, address),
  ).length;
}

/** The ordinals of accelerators, as `GPU0-3,7`. */
export function acceleratorNames(ordinals: Iterable<number>): string {
  return `GPU${listOf(ordinals)}`;
}
