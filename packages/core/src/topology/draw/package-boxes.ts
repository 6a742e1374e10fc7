import type { MemoryNode, Topology } from "../topology.ts";
import { balancedColumns } from "./columns.ts";
import { type Box, boxed, boxHeight, boxWidth, beside } from "./box.ts";
import { coresLine, cpusLine, listOf, memoryLine } from "./describe.ts";
import { type Line, line, parted, span, wrapped } from "./line.ts";
import { memoryOnlyLines, packagesOf } from "./node-table.ts";
import { placeLine } from "./pci-branches.ts";
import { type DrawnTree, pciTrees } from "./pci-tree.ts";
import type { Scene } from "./scene.ts";
import { memoryOnlyBars, tenancyLines } from "./tenancy-bars.ts";

const gap = 2;
/** What a box takes of a line. */
const frameWidth = 4;

/** The machine's packages as boxes with their nodes in them, as many beside each other as fit. */
export function packageBoxes(scene: Scene, width: number): Line[] {
  const { topology } = scene;
  const trees = pciTrees(scene, width - frameWidth);
  const groups = packageGroups(topology);
  const boxes = [
    ...groups.map((group) => packageBox(scene, group, trees, width - frameWidth)),
    ...memoryBox(scene, trees),
    ...strayBox(trees),
  ];
  const widest = Math.min(width, Math.max(0, ...boxes.map(boxWidth)));
  const fit = Math.floor((width + gap) / (widest + gap));
  // The packages decide; memory and strays come after them.
  const columns = balancedColumns(groups.length === 0 ? boxes.length : groups.length, fit);
  const rows = Array.from({ length: Math.ceil(boxes.length / columns) }, (_, row) =>
    boxes.slice(row * columns, (row + 1) * columns),
  );
  return rows.flatMap((row) => {
    const height = Math.max(...row.map(boxHeight));
    return beside(
      row.map((box) => boxed(box, widest, height)),
      gap,
    );
  });
}

export interface PackageGroup {
  readonly title: string;
  /** The packages that the nodes are of, where these are known. */
  readonly packages: readonly number[];
  readonly nodes: readonly MemoryNode[];
}

/**
 * Nodes with CPUs, or of which nobody told, by package; a node of several packages stands alone.
 */
export function packageGroups(topology: Topology): PackageGroup[] {
  const groups = new Map<string, { packages: readonly number[]; nodes: MemoryNode[] }>();
  for (const node of topology.nodes.filter(({ cpus }) => cpus !== "")) {
    const packages = node.package === null ? packagesOf(topology, node.id) : [node.package];
    const title =
      node.package !== null
        ? `package ${node.package}`
        : packages.length > 1
          ? `packages ${listOf(packages)}`
          : "package unknown";
    const group = groups.get(title) ?? { packages, nodes: [] };
    group.nodes.push(node);
    groups.set(title, group);
  }
  return [...groups].map(([title, group]) => ({ title, ...group }));
}

function packageBox(
  { topology, tenancy }: Scene,
  { title, nodes }: PackageGroup,
  trees: readonly DrawnTree[],
  width: number,
): Box {
  const sections = nodes.flatMap((node) => {
    const memory = memoryLine(node);
    const name = nodes.length === 1 ? [] : line(span(`node ${node.id}`, "title"));
    const about = [
      ...wrapped([name, ...parted(memory, " · ")], " · ", width),
      ...wrapped([...parted(coresLine(topology, node.id), " · "), cpusLine(node)], " · ", width),
      ...(tenancy === null ? [] : tenancyLines(tenancy, node)),
    ];
    const tree = trees.find((one) => one.place === node.id)?.lines ?? [];
    return nodes.length === 1 ? [about, tree] : [[...about, ...tree]];
  });
  const [only] = nodes;
  const name = nodes.length === 1 && only !== undefined ? `${title} · node ${only.id}` : title;
  return { title: line(span(name, "title")), sections };
}

function memoryBox({ topology, tenancy }: Scene, trees: readonly DrawnTree[]): Box[] {
  const without = topology.nodes.filter(({ cpus }) => cpus === "").map(({ id }) => id);
  if (without.length === 0) return [];
  const below = trees.flatMap(({ place, lines }) =>
    typeof place === "number" && without.includes(place)
      ? [line(span(`beside node ${place}`, "faint")), ...lines]
      : [],
  );
  return [
    {
      title: line(span("memory without CPUs", "title")),
      sections: [memoryOnlyLines(topology), tenancy === null ? [] : memoryOnlyBars(tenancy), below],
    },
  ];
}

/** The devices whose nodes have no known numbers, those that share one together. */
function strayBox(trees: readonly DrawnTree[]): Box[] {
  const strays = trees.filter(({ place }) => typeof place !== "number");
  if (strays.length === 0) return [];
  const sections = strays.map(({ place, lines }) => {
    const about = placeLine(place);
    return about.length === 0 ? lines : [about, ...lines];
  });
  return [{ title: line(span("node unknown", "unknown")), sections }];
}
