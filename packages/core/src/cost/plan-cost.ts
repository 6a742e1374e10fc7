/**
 * A placement's cost relative to the best of its request on the same host when empty, which is 1.
 */
export interface PlanCost {
  readonly basis: "measured" | "modelled" | "unknown";
  readonly parts: CostParts;
  readonly slowdown: number;
}

/** Each part of the cost, as a multiple of the best possible. */
export interface CostParts {
  /** Between the accelerators and the cells' memory. */
  readonly hostToDevice: number;
  /** Between the vCPUs and their memory. */
  readonly memory: number;
  /** Among the accelerators. */
  readonly peer: number;
  /** Between the accelerators and the NICs. */
  readonly network: number;
}
