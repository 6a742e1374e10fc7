import type { PlanCost } from "./plan-cost.ts";

/**
 * The basis of a number: a measurement on this machine, published constants or firmware, or none.
 */
export type CostBasis = PlanCost["basis"];

/** The cost of a path relative to the nearest path of its kind, with its basis. */
export interface PathCost {
  /** A ratio of times: 1 is the nearest there is, 2 takes twice as long. Never below 1. */
  readonly relative: number;
  readonly basis: CostBasis;
}

const weakness: Readonly<Record<CostBasis, number>> = { measured: 0, modelled: 1, unknown: 2 };

/** The basis of a number that is made from two others: a sum is as good as its weakest term. */
export function weakerBasis(a: CostBasis, b: CostBasis): CostBasis {
  return weakness[a] >= weakness[b] ? a : b;
}
