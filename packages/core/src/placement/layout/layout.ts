import { compareCosts } from "../../cost/compare-costs.ts";
import type { Placed, PlacedCell } from "../../cost/placement-cost.ts";
import type { Device } from "../inventory/devices.ts";
import { sumOf } from "../../unit/sum.ts";

/** An amount of cores or granules on a node. */
export interface OnNode {
  readonly node: number;
  readonly count: number;
}

/** An amount of cores on a node, their class, and the cache that the last of them come from. */
export interface CoresOnNode extends OnNode {
  /**
   * The position of their class, the same for all cores of a layout; without it they may be of
   * several (`layout-cores.ts`).
   */
  readonly coreClass?: number;
  /**
   * How many free cores that cache has; without it the cache is the tightest that holds them
   * (`layout-cores.ts`).
   */
  readonly lastCache?: number;
}

/** One cell of a layout: amounts by node and devices, before cores are named. */
export interface LayoutCell {
  readonly node: number;
  /** Its cores and memory by node: on its own node alone, unless the locality allows more. */
  readonly units: readonly CoresOnNode[];
  readonly granules: readonly OnNode[];
  /** Threads of its cores that run no vCPU: whole cores may hold more threads than asked for. */
  readonly idleThreads: number;
  readonly accelerators: readonly Device[];
  readonly nics: readonly Device[];
}

/** A placement in an inventory's positions, before cores and pages get their names. */
export interface Layout {
  /** By ascending node. */
  readonly cells: readonly LayoutCell[];
  readonly partition: number | null;
  readonly objective: Objective;
}

/**
 * What layouts are compared by, most important first. Ties go to the first in the order of device
 * addresses and node ids, so that equal input gives an equal plan.
 */
export interface Objective {
  readonly cells: number;
  /** The predicted cost under the workload's weights (`cost/placement-cost.ts`). */
  readonly cost: number;
  /** Accelerators and NICs that come along in IOMMU groups without having been asked for. */
  readonly unrequestedDevices: number;
  /** 1 where cells without accelerators differ by more than one core or granule, otherwise 0. */
  readonly unevenCells: number;
  /** The sum of the distances between the cells' nodes. */
  readonly nodeDistanceSum: number;
  /** 1 where the cores may be of several classes, 0 where all are of one. */
  readonly mixedClasses: number;
}

/** Negative when `a` is better, 0 when they are equal. */
export function compareObjectives(a: Objective, b: Objective): number {
  return (
    a.cells - b.cells ||
    compareCosts(a.cost, b.cost) ||
    a.unrequestedDevices - b.unrequestedDevices ||
    a.unevenCells - b.unevenCells ||
    a.nodeDistanceSum - b.nodeDistanceSum ||
    a.mixedClasses - b.mixedClasses
  );
}

/**
 * The position of the class of all cores of a layout; undefined where they may be of several, and
 * on a machine that has one.
 */
export function coreClassOf(cells: readonly LayoutCell[]): number | undefined {
  return cells[0]?.units[0]?.coreClass;
}

/**
 * How many classes are faster than that of a layout's cores; 0 where they may be of several. Of
 * equal layouts the fastest is taken.
 */
export function fasterClasses({ cells }: Pick<Layout, "cells">): number {
  const coreClass = coreClassOf(cells);
  return coreClass === undefined ? 0 : coreClass;
}

/** A layout as the cost model takes it. */
export function placed(cells: readonly LayoutCell[]): Placed {
  return {
    cells: placedCells(cells),
    accelerators: cells.flatMap((cell, i) =>
      cell.accelerators.map(({ address, node }) => ({ address, node, cell: i })),
    ),
    nics: cells.flatMap((cell) => cell.nics.map((nic) => nic.address)),
  };
}

/** Cells as the cost model takes them: each weighs as much as its part of the memory. */
export function placedCells(
  cells: readonly Pick<LayoutCell, "units" | "granules">[],
): readonly PlacedCell[] {
  const memory = sumOf(cells, (cell) => total(cell.granules));
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

/** The sum of some parts. */
export function total(parts: readonly OnNode[]): number {
  return sumOf(parts, ({ count }) => count);
}
