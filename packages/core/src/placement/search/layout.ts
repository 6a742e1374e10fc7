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
   * that will do (`core-choice.ts`).
   */
  readonly lastCache?: number;
}

/** One cell of a candidate: what it is given, before cores are named. */
export interface LayoutCell {
  readonly node: number;
  /** Where its cores and its memory lie: on its own node alone, unless the locality allows more. */
  readonly units: readonly CoresOnNode[];
  readonly granules: readonly OnNode[];
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
  readonly extra: number;
  /** Whether cells without accelerators differ in size although they need not: 0 or 1. */
  readonly uneven: number;
  /** The sum of the distances between its nodes. */
  readonly spread: number;
}

/** Costs are sums of a few products: differences below this are rounding. */
const EPSILON = 1e-9;

/** Negative when `a` is better, 0 when neither is. */
export function compareObjectives(a: Objective, b: Objective): number {
  const cost = Math.abs(a.cost - b.cost) < EPSILON ? 0 : a.cost - b.cost;
  return (
    a.cells - b.cells || cost || a.extra - b.extra || a.uneven - b.uneven || a.spread - b.spread
  );
}
