import type { PlanCost } from "./plan-cost.ts";

/**
 * What a number rests on: this machine's measurement, published constants or firmware, or nothing.
 */
export type CostBasis = PlanCost["basis"];

/** What a path costs against the nearest path of its kind, and what that rests on. */
export interface PathCost {
  /** A ratio of times: 1 is the nearest there is, 2 takes twice as long. Never below 1. */
  readonly relative: number;
  readonly basis: CostBasis;
}

const weakness: Readonly<Record<CostBasis, number>> = { measured: 0, modelled: 1, unknown: 2 };

/** What a number made from two others rests on: a sum is worth as much as its weakest term. */
export function weakerBasis(a: CostBasis, b: CostBasis): CostBasis {
  return weakness[a] >= weakness[b] ? a : b;
}
