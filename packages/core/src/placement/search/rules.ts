import type { Fit } from "./fit.ts";

/** What a locality allows. */
export interface Rules {
  /** Where a cell's cores and memory may come from. */
  readonly fit: Fit;
  /** Whether every device must lie on one of the cells' nodes; one of unknown node cannot. */
  readonly besideDevices: boolean;
}
