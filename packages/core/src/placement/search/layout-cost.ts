import type { CostModel, Placed } from "../../cost/placement-cost.ts";
import type { LayoutCell, OnNode } from "./layout.ts";

/** Cells as the cost model takes them: a cell weighs as much as its part of the memory. */
export function placed(cells: readonly LayoutCell[]): Placed {
  const memory = total(cells.flatMap((cell) => cell.granules));
  return {
    cells: cells.map((cell) => ({
      share: total(cell.granules) / memory,
      vcpuNodes: shares(cell.units),
      memoryNodes: shares(cell.granules),
    })),
    accelerators: cells.flatMap((cell, i) =>
      cell.accelerators.map(({ address, node }) => ({ address, node, cell: i })),
    ),
    nics: cells.flatMap((cell) => cell.nics.map((nic) => nic.address)),
  };
}

export function layoutCost(cells: readonly LayoutCell[], model: CostModel): number {
  return model.cost(placed(cells)).total;
}

function shares(parts: readonly OnNode[]): { node: number; share: number }[] {
  return parts.map(({ node, count }) => ({ node, share: count / total(parts) }));
}

function total(parts: readonly OnNode[]): number {
  return parts.reduce((sum, { count }) => sum + count, 0);
}
