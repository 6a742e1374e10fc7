import type { MemoryNode, Topology } from "../topology.ts";
import { type Box, boxed, boxHeight, boxWidth, beside } from "./box.ts";
import { balancedColumns } from "./columns.ts";
import { counted } from "./describe.ts";
import type { DrawOptions } from "./draw-topology.ts";
import { keyLines } from "./key.ts";
import { fitted, type Line, line, printLine, span, widthOf } from "./line.ts";
import { sceneOf } from "./scene.ts";
import { sharesByNode, type Tenancy, type TenancyView } from "./tenancy.ts";
import { deviceRow, tenancyLines, tenantLines } from "./tenancy-bars.ts";

const gap = 2;
/** More lines of nodes would leave a terminal no room for the rest. */
const linesMax = 24;
/** More VMs than this are counted: the newcomer is what is asked about. */
const vmsMax = 12;

/**
 * Who has what of a machine, and nothing else of it: nodes with their cores, memory and devices by
 * the signs of VMs, and the list of VMs. The short form of `drawTopology` with a tenancy.
 */
export function drawTenancy(
  given: Topology,
  options: DrawOptions & { readonly tenancy: Tenancy },
): string {
  const { width, color = false } = options;
  const scene = sceneOf(given, options);
  const { topology, tenancy } = scene;
  if (tenancy === null) return "";
  const ofNodes = topology.nodes.flatMap((node) => {
    const box = nodeBox(tenancy, node);
    return box === null ? [] : [{ node, box }];
  });
  const isWhole = (wanted: typeof ofNodes): boolean => boxLines(wanted, width).length <= linesMax;
  const used = ofNodes.filter(({ node }) => hasNewcomer(tenancy, node));
  const drawn = [ofNodes, used, []].find(isWhole) ?? [];
  const hidden = ofNodes.length - drawn.length;
  const bars = drawn.map(({ node }) => node);
  const key = keyLines(scene, width, { trees: false, bars, links: false });
  const lines = [
    ...boxLines(drawn, width),
    ...(hidden === 0 ? [] : [line(span(`${counted(hidden, "other node")} not drawn`, "faint"))]),
    [],
    ...tenantLines(tenancy, width, vmsMax),
    ...(key.length === 0 ? [] : [[], ...key]),
  ].map((one) => (widthOf(one) > width ? fitted(one, width) : one));
  return `${lines.map((one) => printLine(one, color)).join("\n")}\n`;
}

interface NodeBox {
  readonly node: MemoryNode;
  readonly box: Box;
}

/** A node's box; null for one that has nothing to give. */
function nodeBox(tenancy: TenancyView, node: MemoryNode): Box | null {
  const lines = [...tenancyLines(tenancy, node), ...deviceRow(tenancy, node.id)];
  const isBare = node.cpus === "" && (node.memoryBytes === 0 || lines.length < 2);
  const shown = lines.filter((one) => widthOf(one) > 0);
  return isBare || shown.length === 0
    ? null
    : { title: line(span(`node ${node.id}`, "title")), sections: [shown] };
}

/** Whether the VM that is being placed has something of a node. */
function hasNewcomer(tenancy: TenancyView, node: MemoryNode): boolean {
  return tenancy.vms.some(
    (vm) => vm.isNew && sharesByNode(tenancy, vm).some((share) => share.node === node.id),
  );
}

function boxLines(nodes: readonly NodeBox[], width: number): Line[] {
  return boxes(
    nodes.map(({ box }) => box),
    width,
  );
}

function boxes(all: readonly Box[], width: number): Line[] {
  const widest = Math.min(width, Math.max(0, ...all.map(boxWidth)));
  const columns = balancedColumns(all.length, Math.floor((width + gap) / (widest + gap)));
  const rows = Array.from({ length: Math.ceil(all.length / columns) }, (_, row) =>
    all.slice(row * columns, (row + 1) * columns),
  );
  return rows.flatMap((row) => {
    const height = Math.max(...row.map(boxHeight));
    return beside(
      row.map((box) => boxed(box, widest, height)),
      gap,
    );
  });
}
