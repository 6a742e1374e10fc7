import { compareCosts } from "../../cost/compare-costs.ts";
import type { Placed, PlacedCell } from "../../cost/placement-cost.ts";
import type { Device } from "../inventory/devices.ts";

/** An amount of cores or granules on a node. */
export interface OnNode {
  readonly node: number;
  readonly count: number;
}

/** An amount of cores on a node, and which of its caches they come from. */
export interface CoresOnNode extends OnNode {
  /**
   * How many free cores the cache has that gives the last part; where it is left out, the fewest
   * that will do (`layout-cores.ts`).
   */
  readonly lastCache?: number;
}

/** One cell of a candidate: what it is given, before cores are named. */
export interface LayoutCell {
  readonly node: number;
  /** Where its cores and its memory lie: on its own node alone, unless the locality allows more. */
  readonly units: readonly CoresOnNode[];
  readonly granules: readonly OnNode[];
  /** How many threads of its cores run no vCPU, for whole cores may hold more than were asked for. */
  readonly idleThreads: number;
  readonly accelerators: readonly Device[];
  readonly nics: readonly Device[];
}

/** A way to place the request. */
export interface Layout {
  /** By ascending node. */
  readonly cells: readonly LayoutCell[];
  readonly partition: number | null;
  readonly objective: Objective;
}

/**
 * What a layout is judged by, most important first. Among equal ones the search takes the first in
 * the order of device addresses and node ids, so that equal input gives an equal plan.
 */
export interface Objective {
  readonly cells: number;
  /** The predicted cost under the workload's weights (`cost/placement-cost.ts`). */
  readonly cost: number;
  /** Accelerators and NICs that come along in an IOMMU group without having been asked for. */
  readonly unrequestedDevices: number;
  /** Whether cells without accelerators differ in size although they need not: 0 or 1. */
  readonly unevenCells: number;
  /** The sum of the distances between its nodes. */
  readonly nodeDistanceSum: number;
}

/** Negative when `a` is better, 0 when neither is. */
export function compareObjectives(a: Objective, b: Objective): number {
  return (
    a.cells - b.cells ||
    compareCosts(a.cost, b.cost) ||
    a.unrequestedDevices - b.unrequestedDevices ||
    a.unevenCells - b.unevenCells ||
    a.nodeDistanceSum - b.nodeDistanceSum
  );
}

/** A layout's cells and devices as the cost model takes them. */
export function placed(cells: readonly LayoutCell[]): Placed {
  return {
    cells: placedCells(cells),
    accelerators: cells.flatMap((cell, i) =>
      cell.accelerators.map(({ address, node }) => ({ address, node, cell: i })),
    ),
    nics: cells.flatMap((cell) => cell.nics.map((nic) => nic.address)),
  };
}

/** A cell weighs as much as its part of the memory. */
export function placedCells(
  cells: readonly Pick<LayoutCell, "units" | "granules">[],
): readonly PlacedCell[] {
  const memory = cells.reduce((sum, cell) => sum + total(cell.granules), 0);
  return cells.map(({ units, granules }) => ({
    share: total(granules) / memory,
    vcpuNodes: shares(units),
    memoryNodes: shares(granules),
  }));
}

function shares(parts: readonly OnNode[]): { node: number; share: number }[] {
  const all = total(parts);
  return parts.map(({ node, count }) => ({ node, share: count / all }));
}

/** How much parts come to together. */
export function total(parts: readonly OnNode[]): number {
  return parts.reduce((sum, { count }) => sum + count, 0);
}
