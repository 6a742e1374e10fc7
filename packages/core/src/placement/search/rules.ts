import type { NodeSpace } from "../space/space.ts";
import type { Fit } from "./fit.ts";
import type { LeastMemory } from "./least-memory.ts";

/** What a locality allows. */
export interface Rules {
  /** Whether the host as a whole has enough for so many cells, as far as that can be told at once. */
  readonly isPossible: (cells: number) => boolean;
  /** Whether cells of so many granules each can have them together; undefined where that depends on more. */
  readonly sharesFit?: (granules: readonly number[]) => boolean;
  /** Where a cell's cores and memory may come from. */
  readonly fit: Fit;
  /** What finding that out takes for each cell, in units of effort. */
  readonly work: number;
  /** Whether a cell of this size could be on a node, whatever all other cells get. */
  readonly mayHold: (node: NodeSpace, units: number, granules: number) => boolean;
  readonly leastMemory: LeastMemory;
  /** Whether every device must lie on one of the cells' nodes; one of unknown node cannot. */
  readonly besideDevices: boolean;
}
