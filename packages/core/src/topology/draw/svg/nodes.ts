import { indices } from "../../../set/index-set.ts";
import { setOf } from "../../../set/list-format.ts";
import type { MemoryNode, Topology } from "../../topology.ts";
import { coresLine, freeText, hugepagesLine, memoryText, nodesText } from "../describe.ts";
import { type Line, line, span, wrapped } from "../line.ts";
import { packageGroups } from "../package-boxes.ts";
import { pciForests, placeLine } from "../pci-branches.ts";
import {
  balancedColumns,
  type Block,
  block,
  column,
  flow,
  framed,
  grid,
  type Mark,
  rectPath,
  row,
  textBlock,
  type TextSize,
} from "./block.ts";
import { coresDrawer } from "./cores.ts";
import { treeDrawer } from "./tree.ts";
import { sumOf } from "../../../unit/sum.ts";

/** More nodes with CPUs than this are drawn small. */
const fullNodesMax = 16;
const margin = 12;
const gap = 14;
/** What stands left of a node's devices: its memory and cores. */
const sideMin = 170;
const sideMax = 330;
const smallNode = 100;

/** Everything about one drawing's nodes that is the same for all of them. */
interface Scale {
  readonly topology: Topology;
  readonly small: boolean;
  /** The trees of nodes with numbers. */
  readonly trees: ReadonlyMap<number, Block>;
  readonly treeWidth: number;
  readonly memoryMost: number;
  /** The cores of a node, in a width. */
  readonly drawCores: (node: number | null, most: number) => Block;
}

/** Packages with their nodes, memory without CPUs, and devices of unknown node, in a width. */
export function nodesBlock(topology: Topology, width: number): Block {
  const drawTree = treeDrawer(topology);
  const forests = pciForests(topology);
  const trees = new Map(
    forests.flatMap((forest) =>
      typeof forest.place === "number" ? [[forest.place, drawTree(forest)] as const] : [],
    ),
  );
  const known = [...trees.values()].map((tree) => tree.width);
  const small = topology.nodes.filter(({ cpus }) => cpus !== "").length > fullNodesMax;
  const scale: Scale = {
    topology,
    small,
    trees,
    treeWidth: small ? 0 : Math.max(0, ...known),
    drawCores: coresDrawer(topology),
    memoryMost: Math.max(1, ...topology.nodes.flatMap(({ memoryBytes }) => memoryBytes ?? [])),
  };
  const strays = forests
    .filter(({ place }) => typeof place !== "number")
    .map((forest) => column([textBlock(placeLine(forest.place), 11), drawTree(forest)], 4));
  const apart = [
    ...(small ? treesApart(scale) : []),
    ...memoryOnly(scale, width),
    ...homelessCores(scale, width),
    ...(strays.length === 0
      ? []
      : [
          titled(
            line(span("node unknown", "unknown")),
            flow(strays, 2 * gap, width - 2 * margin),
            "stray",
          ),
        ]),
  ];
  return column([packagesBlock(scale, width), flow(apart, gap, width)], gap);
}

function packagesBlock(scale: Scale, width: number): Block {
  const groups = packageGroups(scale.topology);
  if (groups.length === 0) return block(0, 0);
  const { treeWidth } = scale;
  const contentMin = scale.small ? smallNode : Math.max(sideMin, treeWidth);
  const contentMost = treeWidth === 0 ? sideMax : sideMax + 2 * margin + treeWidth;
  const nodeMin = contentMin + 2 * margin;
  const nodeMost = (scale.small ? smallNode : contentMost) + 2 * margin;
  // A package of a single node needs no box around a box where there are many.
  const merged = scale.small && groups.every(({ nodes }) => nodes.length === 1);
  const around = merged ? 0 : 2 * margin;
  const fit = Math.floor((width + gap) / (nodeMin + around + gap));
  const columns = balancedColumns(groups.length, Math.max(1, fit));
  const share = Math.max(nodeMin + around, (width - (columns - 1) * gap) / columns) - around;
  const most = Math.max(...groups.map(({ nodes }) => nodes.length));
  const nodeFit = Math.max(1, Math.floor((share + gap) / (nodeMin + gap)));
  const nodeColumns = balancedColumns(most, nodeFit);
  const nodeWidth = Math.floor(Math.min(nodeMost, (share - (nodeColumns - 1) * gap) / nodeColumns));
  const inner = nodeColumns * nodeWidth + (nodeColumns - 1) * gap;
  const all = groups.map(({ title, nodes }) =>
    nodes.map((node) => nodeBlock(scale, node, nodeWidth, merged ? title : null)),
  );
  const boxes = groups.map(({ title }, i) => {
    const beside = all.slice(i - (i % columns), i - (i % columns) + columns);
    const drawn = alignedRows(all[i] ?? [], beside, nodeColumns);
    const [only] = drawn;
    if (merged && only !== undefined) return only;
    const name = textBlock(line(span(title, "title")), 13, inner);
    return framed(column([name, grid(drawn, nodeColumns, gap)], 8), margin, {
      look: "package",
      width: inner + 2 * margin,
      about: { package: title },
    });
  });
  return grid(boxes, columns, gap);
}

/** Nodes as high as any in their row, in the packages beside theirs too. */
function alignedRows(
  nodes: readonly Block[],
  beside: readonly (readonly Block[])[],
  columns: number,
): Block[] {
  return nodes.map((node, i) => {
    const from = i - (i % columns);
    const sameRow = beside.flatMap((others) => others.slice(from, from + columns));
    return { ...node, height: Math.max(node.height, ...sameRow.map(({ height }) => height)) };
  });
}

/** One node: its memory and cores, and its devices to the right of them or below. */
function nodeBlock(scale: Scale, node: MemoryNode, width: number, group: string | null): Block {
  const { topology, small, trees, treeWidth } = scale;
  const inner = width - 2 * margin;
  const beside = treeWidth > 0 && inner - treeWidth - 2 * margin >= sideMin;
  const side = beside ? inner - treeWidth - 2 * margin : inner;
  const name = span(`node ${node.id}`, "title");
  const title = small ? [name] : [name, span("  "), ...memoryText(node), ...freeText(node)];
  const cpus =
    node.cpus === null
      ? line(span("CPUs unknown", "unknown"))
      : line(span(`CPUs ${evenly(node.cpus)}`, "faint"));
  const about = column(
    [
      textBlock(title, 13, side),
      memoryBar(scale, node, side),
      ...(small ? [textBlock(memoryText(node), 11, side)] : []),
      group === null ? block(0, 0) : textBlock(line(span(group, "faint")), 11, side),
      paragraph(small ? [] : [hugepagesLine(node)], 11, side),
      paragraph(small ? [] : [coresLine(topology, node.id)], 11, side),
      small ? block(0, 0) : textBlock(cpus, 11, side),
      scale.drawCores(node.id, side),
    ],
    4,
  );
  const tree = trees.get(node.id);
  const content =
    tree === undefined || small
      ? about
      : beside
        ? row([{ ...about, width: side }, tree], 2 * margin)
        : column([about, tree], gap);
  return framed(content, margin, { look: "node", width, about: { node: `${node.id}` } });
}

/** A list of CPUs; one that names every n-th by itself as `0,2,…,110`. */
function evenly(list: string): string {
  const cpus = indices(setOf(list));
  const [first = 0, second = 0, third = 0] = cpus;
  const step = second - first;
  const every = cpus.every((cpu, i) => cpu === first + i * step);
  if (cpus.length < 12 || step < 2 || !every) return list;
  return `${first},${second},${third},…,${cpus.at(-1) ?? ""}`;
}

/** Lines broken between their parts, at ` · `. */
function paragraph(lines: readonly Line[], size: TextSize, most: number): Block {
  const characters = Math.floor(most / (size * 0.6));
  const parts = lines.flatMap((one) => sentences(one));
  return column(
    wrapped(parts, " · ", characters).map((one) => textBlock(one, size, most)),
    0,
  );
}

/** The parts of a line that ` · ` separates. */
function sentences(of: Line): Line[] {
  const parts: Line[] = [];
  let part: Line = [];
  for (const one of of) {
    if (one.text === " · ") {
      parts.push(part);
      part = [];
    } else part = [...part, one];
  }
  return [...parts, part];
}

/**
 * A node's memory as a bar, its length in proportion to the machine's largest node: huge pages
 * dark, used ones darker, base pages light; an empty frame where nobody told of its huge pages.
 */
function memoryBar({ memoryMost }: Scale, node: MemoryNode, width: number): Block {
  const height = 8;
  const { memoryBytes, hugepages } = node;
  const unknownBar = (long: number): Block => {
    const d = rectPath(0.5, 0.5, Math.max(0, long - 1), height - 1);
    return block(width, height, { marks: [{ kind: "path", look: "roomUnknown", d }] });
  };
  if (memoryBytes === null) return unknownBar(width);
  const full = (width * memoryBytes) / memoryMost;
  if (hugepages === null) return unknownBar(full);
  const sizes = hugepages.map(({ sizeBytes, total, free }) => ({
    all: total * sizeBytes,
    taken: (total - (free ?? total)) * sizeBytes,
  }));
  const most = Math.max(1, memoryBytes);
  const taken = Math.min(1, sumOf(sizes, (pool) => pool.taken) / most);
  const huge = Math.min(1, sumOf(sizes, (pool) => pool.all) / most);
  const bars: readonly (readonly [string, number, number])[] = [
    ["room", 0, width],
    ["hugeTaken", 0, full * taken],
    ["hugeFree", full * taken, full * huge],
    ["base", full * huge, full],
  ];
  const marks = bars.flatMap(([look, from, to]): Mark[] =>
    to - from < 0.01 ? [] : [{ kind: "path", look, d: rectPath(from, 0, to - from, height) }],
  );
  return block(width, height, { marks });
}

/** Cores of unknown node, or whose threads lie on several nodes. */
function homelessCores({ drawCores }: Scale, width: number): Block[] {
  const cores = drawCores(null, width - 2 * margin);
  if (cores.width === 0) return [];
  return [titled(line(span("cores of unknown node", "unknown")), cores, "stray")];
}

/** The trees of nodes too small to hold them. */
function treesApart({ topology, trees }: Scale): Block[] {
  return topology.nodes.flatMap(({ id, cpus }) => {
    const tree = trees.get(id);
    if (tree === undefined || cpus === "") return [];
    return [titled(line(span(`beside node ${id}`, "title")), tree, "package")];
  });
}

function titled(title: Line, content: Block, look: string): Block {
  return framed(column([textBlock(title, 13), content], 8), margin, { look });
}

/** Nodes without CPUs, those without memory too in one box for all that follow one another. */
function memoryOnly(scale: Scale, width: number): Block[] {
  const nodes = scale.topology.nodes.filter(({ cpus }) => cpus === "");
  if (nodes.length === 0) return [];
  const runs: MemoryNode[][] = [];
  for (const node of nodes) {
    const last = runs.at(-1);
    const empty = node.memoryBytes === 0 && !scale.trees.has(node.id);
    const [before] = last ?? [];
    if (last !== undefined && empty && before?.memoryBytes === 0 && !scale.trees.has(before.id)) {
      last.push(node);
    } else runs.push([node]);
  }
  const boxes = runs.flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const ids = [first, ...others].map(({ id }) => id);
    const title = [
      span(nodesText(ids), "title"),
      span("  "),
      ...memoryText(first),
      ...freeText(first),
    ];
    const tree = scale.trees.get(first.id);
    const about = [
      textBlock(title, 13, width / 2),
      ...(others.length > 0 ? [] : [memoryBar(scale, first, sideMin)]),
      paragraph([hugepagesLine(first)], 11, sideMax),
      ...(tree === undefined ? [] : [tree]),
    ];
    return [framed(column(about, 4), margin, { look: "node", about: { node: ids.join(" ") } })];
  });
  const content = flow(boxes, gap / 2, width - 2 * margin);
  return [titled(line(span("memory without CPUs", "title")), content, "package")];
}
