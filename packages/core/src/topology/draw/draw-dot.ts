import { linkClass } from "../interconnect.ts";
import type { MemoryNode, Topology } from "../topology.ts";
import { wholeAccelerators } from "../virtual-functions.ts";
import {
  counted,
  coresLine,
  cpusLine,
  freeText,
  hugepagesLine,
  linkLine,
  memoryText,
} from "./describe.ts";
import { joined, type Line, line, span } from "./line.ts";
import { packageGroups } from "./package-boxes.ts";
import {
  type Branch,
  deviceNames,
  type Forest,
  hostUseLines,
  hostUseNote,
  type Leaf,
  partNotes,
  pciForests,
  placeLine,
  shortener,
} from "./pci-branches.ts";

/**
 * Draws a machine as a graph for Graphviz: a cluster for each package, in it a cluster for each
 * node with its PCI trees, and direct links between accelerators. It shows what `drawSvg` shows
 * except distances, which are no edges: every node reaches every other.
 *
 * `dot -Tsvg` or `-Tpdf` draws it. Every name and text is a quoted string
 * (https://graphviz.org/doc/info/lang.html), so no name in a file can be syntax. The same topology
 * gives the same text.
 */
export function drawDot(topology: Topology): string {
  const forests = new Map(
    pciForests({ topology, all: false }).map((forest) => [forest.place, forest]),
  );
  const labelOf = leafLabels(topology);
  const nodeCluster = (node: MemoryNode): string[] => {
    const name = `node ${node.id}`;
    const cpus = node.cpus === "" ? [] : [coresLine(topology, node.id), cpusLine(node, Infinity)];
    const about = [[...memoryText(node), ...freeText(node)], hugepagesLine(node), ...cpus];
    const forest = forests.get(node.id);
    return cluster(name, [
      vertex(`${name} memory`, about.map(textOf), "shape=note"),
      ...(forest === undefined ? [] : treeLines(forest, name, labelOf)),
    ]);
  };
  const strayLines = (forest: Forest, i: number): string[] => {
    const about = placeLine(forest.place);
    if (about.length === 0) return treeLines(forest, "node unknown", labelOf);
    const name = `node unknown ${i}`;
    return cluster(name, treeLines(forest, name, labelOf), textOf(about));
  };
  const without = topology.nodes.filter(({ cpus }) => cpus === "").flatMap(nodeCluster);
  const strays = [...forests.values()].filter(({ place }) => typeof place !== "number");
  const countOf = (what: string, { length }: readonly unknown[]): string =>
    length === 0 ? `${what}s unknown` : counted(length, what);
  const title = [
    topology.name,
    `${countOf("node", topology.nodes)}, ${countOf("core", topology.cores)}`,
  ];
  const body = [
    `graph [label=${quoted(title)}, rankdir=LR, style=rounded, fontname="sans-serif"]`,
    `node [shape=box, fontname="sans-serif", fontsize=11]`,
    `edge [fontname="sans-serif", fontsize=10]`,
    ...packageGroups(topology).flatMap((group) =>
      cluster(group.title, group.nodes.flatMap(nodeCluster)),
    ),
    ...(without.length === 0 ? [] : cluster("memory without CPUs", without)),
    ...(strays.length === 0 ? [] : cluster("node unknown", strays.flatMap(strayLines))),
    ...linkLines(topology),
    ...hostUseLines(topology).map((one, i) => vertex(`host ${i}`, [textOf(one)], "shape=note")),
  ];
  return `${[`graph ${quoted([topology.name])} {`, ...body.map(indented), "}"].join("\n")}\n`;
}

const indented = (text: string): string => `  ${text}`;

const textOf = (of: Line): string => of.map(({ text }) => text).join("");

/** Lines of text as one quoted string, broken by the escape that labels know for it. */
function quoted(lines: readonly string[]): string {
  const escaped = lines
    .filter((one) => one !== "")
    .map((one) => span(one).text.replaceAll("\\", "\\\\").replaceAll('"', '\\"'));
  return `"${escaped.join("\\n")}"`;
}

function vertex(id: string, label: readonly string[], attributes: string): string {
  return `${quoted([id])} [label=${quoted(label)}, ${attributes}]`;
}

/** Graphviz draws a box around a subgraph whose name begins with `cluster`. */
function cluster(name: string, inner: readonly string[], label = name): string[] {
  const head = [`label=${quoted([label])}`, ...inner];
  return [`subgraph ${quoted([`cluster ${name}`])} {`, ...head.map(indented), "}"];
}

/**
 * Direct links: one vertex that all share where every two are linked alike, or else each an edge.
 */
function linkLines(topology: Topology): string[] {
  const { links } = topology;
  const accelerators = wholeAccelerators(topology);
  const names = new Set(links.map(linkClass));
  const [only] = names;
  const pairs = (accelerators.length * (accelerators.length - 1)) / 2;
  if (accelerators.length > 2 && links.length === pairs && names.size === 1) {
    return [
      vertex("links", [only ?? "", "every two"], "shape=circle"),
      ...accelerators.map(({ address }) => `${quoted([address])} -- "links" [${linkLook}]`),
    ];
  }
  return links.map((link) => {
    const label = quoted([linkClass(link)]);
    return `${quoted([link.a])} -- ${quoted([link.b])} [label=${label}, minlen=0, ${linkLook}]`;
  });
}

const linkLook = `color="#2f9e57", penwidth=2`;

interface LeafLabel {
  readonly lines: readonly string[];
  readonly color: string;
}

function leafLabels(topology: Topology): (leaf: Leaf) => LeafLabel {
  const short = shortener(topology);
  const nameOf = deviceNames(topology);
  const partsOf = partNotes(topology);
  return ({ device }) => {
    const { kind, label, name } = nameOf(device);
    const address = short(device.address);
    return {
      lines: [
        `${label} ${textOf(name)}`,
        textOf(
          joined(
            [line(address === "?" ? "address unknown" : address), linkLine(device.link)],
            " · ",
          ),
        ),
        textOf(partsOf(device.address)).trim(),
        textOf(hostUseNote(device)).trim(),
      ],
      color: kind === "accelerator" ? "#dcf5e4" : "#dff0fb",
    };
  };
}

/**
 * Vertices and edges of a node's trees. Branches are named by their place, for labels may repeat.
 */
function treeLines({ roots }: Forest, scope: string, labelOf: (leaf: Leaf) => LeafLabel): string[] {
  const below = (branch: Branch, id: string): string[] => [
    vertex(id, [branch.label === "?" ? "PCI" : branch.label], `style=rounded`),
    ...branch.below.flatMap((child, i) => {
      if (child.kind === "branch") {
        const inner = `${id}.${i}`;
        return [...below(child, inner), `${quoted([id])} -- ${quoted([inner])}`];
      }
      const { lines, color } = labelOf(child);
      return [
        vertex(child.device.address, lines, `style=filled, fillcolor="${color}"`),
        `${quoted([id])} -- ${quoted([child.device.address])}`,
      ];
    }),
  ];
  return roots.flatMap((root, i) => below(root, `${scope} pci ${i}`));
}
