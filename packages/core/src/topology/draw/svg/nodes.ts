import { at } from "../../../unit/list.ts";
import type { MemoryNode, Topology } from "../../topology.ts";
import { balancedColumns } from "../columns.ts";
import {
  coresLine,
  counted,
  cpusLine,
  freeText,
  hugepagesLine,
  listOf,
  memoryText,
  nodesText,
} from "../describe.ts";
import { type Line, line, span } from "../line.ts";
import { type PackageGroup, packageGroups } from "../package-boxes.ts";
import { pciForests, placeLine } from "../pci-branches.ts";
import type { Scene } from "../scene.ts";
import { freeLine } from "../tenancy-text.ts";
import {
  type Block,
  block,
  column,
  flow,
  framed,
  grid,
  paragraph,
  row,
  textBlock,
  textWidth,
} from "./block.ts";
import { coresDrawer } from "./cores.ts";
import { type CacheCluster, cacheClusters } from "./shared-caches.ts";
import { memoryBar } from "./memory-bar.ts";
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
/** So much wider than asked for a drawing becomes rather than break a square of packages. */
const stretchMax = 1.1;

/** Everything about one drawing's nodes that is the same for all of them. */
interface Scale {
  readonly scene: Scene;
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
export function nodesBlock(scene: Scene, width: number): Block {
  const { topology } = scene;
  const drawTree = treeDrawer(scene);
  const forests = pciForests(scene);
  const trees = new Map(
    forests.flatMap((forest) =>
      typeof forest.place === "number" ? [[forest.place, drawTree(forest)] as const] : [],
    ),
  );
  const known = [...trees.values()].map((tree) => tree.width);
  const small = topology.nodes.filter(({ cpus }) => cpus !== "").length > fullNodesMax;
  const scale: Scale = {
    scene,
    topology,
    small,
    trees,
    treeWidth: small ? 0 : Math.max(0, ...known),
    drawCores: coresDrawer(scene),
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
  const { topology, treeWidth } = scale;
  const groups = packageGroups(topology);
  if (groups.length === 0) return block(0, 0);
  const contentMin = scale.small ? smallNode : Math.max(sideMin, treeWidth);
  const contentMost = treeWidth === 0 ? sideMax : sideMax + 2 * margin + treeWidth;
  const nodeMin = contentMin + 2 * margin;
  const nodeMost = (scale.small ? smallNode : contentMost) + 2 * margin;
  const clusters = groups.map(({ nodes }) => cacheClusters(topology, nodes));
  const framesL3 = clusters.flat().some(({ nodes }) => nodes.length > 1);
  // A package of a single node needs no box around a box where there are many.
  const merged = scale.small && groups.every(({ nodes }) => nodes.length === 1);
  const around = merged ? 0 : 2 * margin + (framesL3 ? 2 * l3Margin : 0);
  const columnsIn = (most: number): number => Math.floor((most + gap) / (nodeMin + around + gap));
  const square = Math.ceil(Math.sqrt(groups.length));
  const fit = Math.max(columnsIn(width), Math.min(square, columnsIn(width * stretchMax)));
  const columns = balancedColumns(groups.length, Math.max(1, fit));
  const share = Math.max(nodeMin + around, (width - (columns - 1) * gap) / columns) - around;
  const most = Math.max(...groups.map(({ nodes }) => nodes.length));
  const nodeFit = Math.max(1, Math.floor((share + gap) / (nodeMin + gap)));
  const nodeColumns = balancedColumns(most, nodeFit);
  const nodeWidth = Math.floor(Math.min(nodeMost, (share - (nodeColumns - 1) * gap) / nodeColumns));
  const inner = nodeColumns * nodeWidth + (nodeColumns - 1) * gap;
  const drawn = groups.map((group) =>
    group.nodes.map((node) => nodeBlock(scale, node, nodeWidth, merged ? group : null)),
  );
  const all = arranged(drawn, clusters, nodeColumns);
  const boxes = groups.map(({ title }, i) => {
    const beside = all.slice(i - (i % columns), i - (i % columns) + columns);
    const nodes = alignedRows(all[i] ?? [], beside, nodeColumns);
    const [only] = nodes;
    if (merged && only !== undefined) return only;
    const name = textBlock(line(span(title, "title")), 13, inner);
    const content = clustersBlock(at(clusters, i), nodes, nodeColumns);
    return framed(column([name, content], 8), margin, {
      look: "package",
      width: inner + around,
      about: { package: title },
    });
  });
  return grid(boxes, columns, gap);
}

const l3Margin = 9;

/**
 * The nodes in the order in which a grid takes the least height: row by row, or column by column,
 * where that brings tall nodes into one row and low ones into another. All packages alike. Nodes
 * that share an L3 stay together.
 */
function arranged(
  groups: readonly (readonly Block[])[],
  clusters: readonly (readonly CacheCluster[])[],
  columns: number,
): readonly (readonly Block[])[] {
  const mayMove = groups.every(
    (nodes, i) =>
      nodes.length % columns === 0 &&
      (at(clusters, i).length === 1 || at(clusters, i).length === nodes.length),
  );
  if (!mayMove) return groups;
  const down = groups.map((nodes) => {
    const rows = nodes.length / columns;
    return nodes.map((_, i) => at(nodes, (i % columns) * rows + Math.floor(i / columns)));
  });
  const heightOf = (all: typeof groups): number =>
    sumOf(all, (nodes) => grid(nodes, columns, gap).height);
  return heightOf(down) < heightOf(groups) ? down : groups;
}

/** A package's nodes in their grid; those that share an L3 in a frame of their own. */
function clustersBlock(
  clusters: readonly CacheCluster[],
  nodes: readonly Block[],
  columns: number,
): Block {
  const blockOf = new Map(nodes.map((node) => [node.about["node"], node]));
  const [first] = clusters;
  // Where one frame has all of them, or none any, they stay in the order they were given.
  if (clusters.length === nodes.length) return grid(nodes, columns, gap);
  if (first !== undefined && clusters.length === 1) {
    return l3Frame(first, grid(nodes, columns, gap));
  }
  const parts: Block[] = [];
  let singles: Block[] = [];
  const flush = (): void => {
    if (singles.length > 0) parts.push(grid(singles, columns, gap));
    singles = [];
  };
  for (const cluster of clusters) {
    const own = cluster.nodes.flatMap(({ id }) => blockOf.get(`${id}`) ?? []);
    if (own.length === 1) singles.push(...own);
    else {
      flush();
      parts.push(l3Frame(cluster, grid(own, Math.min(columns, own.length), gap)));
    }
  }
  flush();
  return column(parts, gap);
}

function l3Frame({ nodes, caches }: CacheCluster, content: Block): Block {
  const ids = nodes.map(({ id }) => id);
  const text = `L3 ${listOf(caches)} shared by ${nodesText(ids)}`;
  const title = textBlock(line(span(text, "faint")), 11, content.width);
  return framed(column([title, content], 4), l3Margin, {
    look: "l3Frame",
    tooltip: text,
    about: { l3: listOf(caches) },
  });
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
function nodeBlock(
  scale: Scale,
  node: MemoryNode,
  width: number,
  group: PackageGroup | null,
): Block {
  const { topology, small, trees, treeWidth, memoryMost, scene } = scale;
  const { tenancy } = scene;
  const inner = width - 2 * margin;
  const beside = treeWidth > 0 && inner - treeWidth - 2 * margin >= sideMin;
  const side = beside ? inner - treeWidth - 2 * margin : inner;
  const name = span(`node ${node.id}`, "title");
  const title = small ? [name] : [name, span("  "), ...memoryText(node), ...freeText(node)];
  const cpus = cpusLine(node, Infinity).map(({ text, style }) =>
    span(text, style === "plain" ? "faint" : style),
  );
  const about = column(
    [
      textBlock(title, 13, side),
      memoryBar(node, { tenancy, memoryMost, width: side }),
      ...(small ? [textBlock(memoryText(node), 11, side)] : []),
      group === null ? block(0, 0) : groupBlock(group, side),
      paragraph(small ? [] : [hugepagesLine(node)], 11, side),
      paragraph(small ? [] : [coresLine(topology, node.id)], 11, side),
      small ? block(0, 0) : textBlock(cpus, 11, side),
      scale.drawCores(node.id, side),
      paragraph(tenancy === null ? [] : [freeLine(tenancy, node)], 11, side),
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

/** Which packages a node is of; how many, where their numbers are too long. */
function groupBlock({ title, packages }: PackageGroup, width: number): Block {
  const [named, brief] = [title, counted(packages.length, "package")].map((text) =>
    line(span(text, "faint")),
  );
  const fits = named === undefined || textWidth(named, 11) <= width;
  const shown = textBlock((fits ? named : brief) ?? [], 11, width);
  return fits ? shown : { ...shown, tooltip: title };
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

/** Nodes without CPUs; those without memory and devices too in one box, the last. */
function memoryOnly(scale: Scale, width: number): Block[] {
  const nodes = scale.topology.nodes.filter(({ cpus }) => cpus === "");
  if (nodes.length === 0) return [];
  const isEmpty = ({ id, memoryBytes }: MemoryNode): boolean =>
    memoryBytes === 0 && !scale.trees.has(id);
  const empty = nodes.filter(isEmpty);
  const runs = [
    ...nodes.filter((node) => !isEmpty(node)).map((node) => [node]),
    ...(empty.length === 0 ? [] : [empty]),
  ];
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
      ...(first.memoryBytes === 0
        ? []
        : [
            memoryBar(first, {
              tenancy: scale.scene.tenancy,
              memoryMost: scale.memoryMost,
              width: sideMin,
            }),
          ]),
      paragraph([hugepagesLine(first)], 11, sideMax),
      ...(tree === undefined ? [] : [tree]),
    ];
    return [framed(column(about, 4), margin, { look: "node", about: { node: ids.join(" ") } })];
  });
  const content = flow(boxes, gap / 2, width - 2 * margin);
  return [titled(line(span("memory without CPUs", "title")), content, "package")];
}
