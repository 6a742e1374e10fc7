import type { Topology } from "../topology.ts";
import { type Box, boxed, boxHeight, boxWidth, beside } from "./box.ts";
import { balancedColumns } from "./columns.ts";
import type { DrawOptions } from "./draw-topology.ts";
import { keyLines } from "./key.ts";
import { fitted, type Line, line, printLine, span, widthOf } from "./line.ts";
import { sceneOf } from "./scene.ts";
import type { Tenancy } from "./tenancy.ts";
import { deviceRow, tenancyLines, tenantLines } from "./tenancy-bars.ts";

const gap = 2;
/** More nodes would fill a terminal: the list of VMs says enough then. */
const nodesMax = 16;

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
  const drawn = topology.nodes.flatMap((node): Box[] => {
    const lines = [...tenancyLines(tenancy, node), ...deviceRow(tenancy, node.id)];
    const isBare = node.cpus === "" && (node.memoryBytes === 0 || lines.length < 2);
    return isBare ? [] : [{ title: line(span(`node ${node.id}`, "title")), sections: [lines] }];
  });
  const lines = [
    ...(drawn.length > nodesMax ? [] : [...boxes(drawn, width), []]),
    ...tenantLines(tenancy, width),
    ...(drawn.length > nodesMax ? [] : keyLines(scene, width, { trees: false, bars: true })),
  ].map((one) => (widthOf(one) > width ? fitted(one, width) : one));
  return `${lines.map((one) => printLine(one, color)).join("\n")}\n`;
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
