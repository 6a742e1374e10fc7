import type { Vector } from "../../../unit/vector.ts";
import { knownGranules, type NodeSpace } from "../../space/space.ts";
import type { OnNode } from "../../layout/layout.ts";
import { type Split, splitByWeight, splitEvenly } from "./split.ts";

/** What a locality allows: where cells' cores and memory may come from. */
export interface LocalityPolicy {
  /** Whether the host as a whole has enough for so many cells, as far as that can be told at once. */
  readonly isPossible: (cells: number) => boolean;
  /** Whether a cell's cores, and its memory, must be those of its own node. */
  readonly coresOnOwnNode: boolean;
  readonly memoryOnOwnNode: boolean;
  /** Whether every device must lie on one of the cells' nodes; one of unknown node cannot. */
  readonly devicesOnCellNodes: boolean;
  /** Whether the cost is the same whoever has what does not divide. */
  readonly isCostFixed: boolean;
  /**
   * What the memory of one of so many equal cells adds to the cost at least, on each of the nodes;
   * null where that is the same for all.
   */
  readonly leastMemory: (nodes: readonly NodeSpace[], cells: number) => Vector | null;
  /** What finding a way takes for each cell, in units of effort. */
  readonly work: number;
  /**
   * The ways to give cells their shares: who has what does not divide, the lowest cells first, and
   * where it comes from. None where they do not fit. A generator function made anew for each policy
   * would be a new class of objects each time, so a policy calls one of its module.
   *
   * @param all whether every way is wanted; else ways that cost more than another may be left out.
   */
  readonly cellSupplies: (cells: CellShares, all: boolean) => Iterable<readonly CellSupply[]>;
}

/** Cells and their shares of a request: as their accelerators, or even without any. */
export interface CellShares {
  /** The cells' nodes, ascending. */
  readonly cellNodes: readonly number[];
  /** Of each cell the nodes of its accelerators, which copy to its memory; null where unknown. */
  readonly deviceNodes: readonly (readonly (number | null)[])[];
}

/** Where a cell's cores and memory come from. */
export interface CellSupply {
  readonly units: readonly OnNode[];
  readonly granules: readonly OnNode[];
}

/** Whether a cell of this size could be on a node, whatever all other cells get. */
export function mayHold(
  { coresOnOwnNode, memoryOnOwnNode }: LocalityPolicy,
  node: NodeSpace,
  units: number,
  granules: number,
): boolean {
  return (
    (!coresOnOwnNode || node.units >= units) &&
    (!memoryOnOwnNode || knownGranules(node) >= granules)
  );
}

/** Splits a total over cells that have so much room each. */
export function splitOver(
  total: number,
  { deviceNodes }: CellShares,
  rooms: readonly number[],
): Split | null {
  const weights = deviceNodes.map((nodes) => nodes.length);
  return weights.some((weight) => weight > 0)
    ? splitByWeight(total, weights, rooms)
    : splitEvenly(total, rooms);
}

/** Room for cells that may take from anywhere. */
export function unlimited({ cellNodes }: CellShares): readonly number[] {
  return cellNodes.map(() => Infinity);
}
