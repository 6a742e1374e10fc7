import { at } from "../../unit/list.ts";
import { sumOf } from "../../unit/sum.ts";
import { portNames } from "../nic-ports.ts";
import type { MemoryNode } from "../topology.ts";
import { numbersByAddress } from "../virtual-functions.ts";
import { counted } from "./describe.ts";
import { type Line, line, span, type Span, wrapped } from "./line.ts";
import {
  coreMark,
  coreSigns,
  memoryParts,
  signsLine,
  signSpan,
  type TenancyView,
  type VmMark,
} from "./tenancy.ts";
import { freeLine, tenantEntries } from "./tenancy-text.ts";

/** Marks of cores and memory in a row, at most; more are broken into equal rows. */
const rowMax = 48;
const label = 8;

/** A node's cores and memory by the signs of the VMs that have them, and what is free. */
export function tenancyLines(view: TenancyView, node: MemoryNode): readonly Line[] {
  return [...coreRows(view, node), ...memoryRow(view, node), freeLine(view, node)];
}

/** One mark for each core, by ascending number. */
function coreRows(view: TenancyView, { id }: MemoryNode): readonly Line[] {
  const marks = view.topology.cores
    .filter(({ node }) => node === id)
    .map((core) => coreMark(view, view.stateOfCore(core)));
  if (marks.length === 0) return [];
  const cell = cellOf(marks);
  const rows = Math.ceil((marks.length * cell) / rowMax);
  const perRow = Math.ceil(marks.length / rows);
  return Array.from({ length: rows }, (_, row) => {
    const own = marks.slice(row * perRow, (row + 1) * perRow);
    return [span((row === 0 ? "cores" : "").padEnd(label), "faint"), ...runsOf(own, cell)];
  });
}

/** A sign of several letters is set apart from the next. */
function cellOf(marks: readonly VmMark[]): number {
  const longest = Math.max(1, ...marks.map(({ sign }) => sign.length));
  return longest === 1 ? 1 : longest + 1;
}

/** Neighbors of one VM as one span. */
function runsOf(marks: readonly VmMark[], cell: number): Span[] {
  const runs: { readonly mark: VmMark; count: number }[] = [];
  for (const mark of marks) {
    const last = runs.at(-1);
    if (last?.mark.sign === mark.sign) last.count++;
    else runs.push({ mark, count: 1 });
  }
  return runs.map(({ mark, count }) => span(mark.sign.padEnd(cell).repeat(count), mark.style));
}

const restMarks = { taken: "#", free: "·", base: "-" } as const;

/** A node's memory in shares of one row; whoever has some has a mark. */
function memoryRow(view: TenancyView, node: MemoryNode): readonly Line[] {
  const { shares, cell } = memoryShares(view, node);
  if (shares.length === 0) return [];
  const total = sumOf(shares, ({ bytes }) => bytes);
  const counts = sharesOf(
    shares.map(({ bytes }) => bytes / total),
    Math.floor(rowMax / cell),
  );
  const row = shares.flatMap(({ mark }, i) => Array.from({ length: at(counts, i) }, () => mark));
  return [[span("memory".padEnd(label), "faint"), ...runsOf(row, cell)]];
}

interface MemoryShare {
  readonly mark: VmMark;
  readonly bytes: number;
}

/**
 * A node's memory as shares that a row has marks for; VMs that are too many for marks of their own
 * share one. None where the node's memory or pages are unknown.
 */
function memoryShares(
  view: TenancyView,
  node: MemoryNode,
): { readonly shares: readonly MemoryShare[]; readonly cell: number } {
  const parts = memoryParts(view, node) ?? [];
  const shares = parts.map(({ kind, vm, bytes }): MemoryShare => {
    if (vm !== null) return { mark: at(view.marks, vm), bytes };
    return { mark: { sign: kind === "vm" ? "" : restMarks[kind], style: "faint" }, bytes };
  });
  const cell = cellOf(shares.map(({ mark }) => mark));
  if (shares.length * cell <= rowMax) return { shares, cell };
  const ofVms = parts.filter(({ vm }) => vm !== null);
  const several: VmMark = { sign: coreSigns.several, style: "vmSeveral" };
  const together = { mark: several, bytes: sumOf(ofVms, ({ bytes }) => bytes) };
  return { shares: [together, ...shares.filter((_, i) => parts[i]?.vm === null)], cell: 1 };
}

/** So many places for shares that add up to 1: at least one each, as long as there are enough. */
function sharesOf(shares: readonly number[], places: number): number[] {
  const counts = shares.map((share) => Math.max(1, Math.floor(share * places)));
  let left = places - sumOf(counts, (count) => count);
  while (left < 0) {
    const most = counts.indexOf(Math.max(...counts));
    if (at(counts, most) <= 1) break;
    counts[most] = at(counts, most) - 1;
    left++;
  }
  const byRest = shares
    .map((share, i) => ({ i, rest: share * places - at(counts, i) }))
    .toSorted((a, b) => b.rest - a.rest);
  for (const { i } of byRest) {
    if (left <= 0) break;
    counts[i] = at(counts, i) + 1;
    left--;
  }
  return counts;
}

/** A node's accelerators and NICs, each with whoever has it. */
export function deviceRow(view: TenancyView, node: number): readonly Line[] {
  const { topology } = view;
  const numbers = numbersByAddress(topology);
  const nics = new Map(topology.nics.map((nic) => [nic.address, nic]));
  const named = topology.pci.flatMap((device): Line[] => {
    if (device.node !== node) return [];
    const number = numbers.get(device.address);
    const nic = nics.get(device.address);
    if (number === undefined && nic === undefined) return [];
    const name =
      number === undefined
        ? span(portNames(nic?.ports ?? []) ?? nic?.name ?? "NIC", "nic")
        : span(`GPU${number}`, "accelerator");
    const holders = view.holdersOf(device.address);
    const isFree = holders.length === 0 && view.soldDevices.has(device.address);
    return [
      [...signsLine(view, holders), ...(isFree ? [span("·", "faint")] : []), span(" "), name],
    ];
  });
  return wrapped(named, "  ", rowMax + label);
}

/** The nodes with bars in a drawing in full: of those without CPUs, where a VM has something. */
export function barredNodes(view: TenancyView): readonly MemoryNode[] {
  const isUsed = (node: MemoryNode): boolean =>
    (memoryParts(view, node) ?? []).some(({ vm }) => vm !== null);
  return view.topology.nodes.filter((node) => node.cpus !== "" || isUsed(node));
}

/** The rows of memory of nodes without CPUs. */
export function memoryOnlyBars(view: TenancyView): readonly Line[] {
  return barredNodes(view).flatMap((node) =>
    node.cpus === "" ? [line(span(`node ${node.id}`, "title")), ...memoryRow(view, node)] : [],
  );
}

/** The VMs by their signs, and what each has; of many the last ones, and how many more. */
export function tenantLines(view: TenancyView, width: number, most = Infinity): readonly Line[] {
  const entries = tenantEntries(view);
  if (entries.length === 0) return [line(span("no VMs", "faint"))];
  const shown = entries.slice(Math.max(0, entries.length - most));
  const hidden = entries.length - shown.length;
  const signs = Math.max(...shown.map(({ mark }) => mark.sign.length));
  const indent = " ".repeat(signs + 2);
  const rows = shown.flatMap(({ mark, name, parts }) =>
    wrapped([name, ...parts], " · ", width - indent.length).map((one, i): Line => {
      const gap = i === 0 ? indent.slice(mark.sign.length) : indent;
      return [...(i === 0 ? [signSpan(mark)] : []), span(gap), ...one];
    }),
  );
  const more = hidden === 0 ? [] : [line(span(`${counted(hidden, "more VM")} here`, "faint"))];
  return [line(span("VMs", "title")), ...more, ...rows];
}

/** The marks of memory that stand for no single VM, those that occur on some nodes. */
export function memoryMarkEntries(
  view: TenancyView,
  nodes: readonly MemoryNode[],
): readonly (readonly [VmMark, string])[] {
  const shares = nodes.flatMap((node) => memoryShares(view, node).shares);
  const meanings = [
    [coreSigns.several, "memory of several VMs"],
    [restMarks.taken, "huge pages that others have"],
    [restMarks.free, "free huge pages"],
    [restMarks.base, "base pages"],
  ] as const;
  return meanings.flatMap(([sign, text]) => {
    const share = shares.find(({ mark }) => mark.sign === sign);
    return share === undefined ? [] : [[share.mark, text] as const];
  });
}
