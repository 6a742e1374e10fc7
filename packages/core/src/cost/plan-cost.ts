/** What a placement costs against the best one of the same request on the same host when empty: 1 is the best. */
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
