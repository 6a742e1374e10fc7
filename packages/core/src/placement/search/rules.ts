import type { NodeSpace } from "../space/space.ts";
import type { Fit } from "./fit.ts";

/** What a locality allows. */
export interface Rules {
  /** Where a cell's cores and memory may come from. */
  readonly fit: Fit;
  /** What finding that out takes for each cell, in units of effort. */
  readonly work: number;
  /** Whether a cell of this size could be on a node, whatever all other cells get. */
  readonly mayHold: (node: NodeSpace, units: number, granules: number) => boolean;
  /** Whether every device must lie on one of the cells' nodes; one of unknown node cannot. */
  readonly besideDevices: boolean;
}
