import type { Effort } from "../rank/effort.ts";
import type { Vector } from "../../../unit/vector.ts";
import { knownGranules, type NodeSpace } from "../../space/space.ts";
import type { OnNode } from "../../layout/layout.ts";
import { type Split, splitByWeight, splitEvenly } from "./split.ts";

/** Where a locality lets cells' cores, memory and devices come from. */
export interface LocalityPolicy {
  /** Whether the host could have enough for this many cells, by a quick check of totals. */
  readonly isPossible: (cells: number) => boolean;
  /** Whether a cell's cores, and its memory, must be those of its own node. */
  readonly coresOnOwnNode: boolean;
  readonly memoryOnOwnNode: boolean;
  /** Whether every NIC must lie on a cell's node, as accelerators do. */
  readonly nicsOnCellNodes: boolean;
  /** Whether the cost is the same whichever cells get the remainder of cores and granules. */
  readonly isCostFixed: boolean;
  /**
   * A lower bound, for each node, on what the memory of one of `cells` equal cells adds to the
   * cost; null where it is the same for all.
   */
  readonly leastMemory: (nodes: readonly NodeSpace[], cells: number) => Vector | null;
  /** The work to supply one cell once, in units of effort. */
  readonly work: number;
  /**
   * Every way to supply cells with their shares: which cells get the remainder, the lowest first,
   * and where cores and memory come from. None where they do not fit. A policy calls a generator
   * function of its module: one made anew for each policy would be a new class of objects each
   * time.
   *
   * @param all whether every way is wanted; otherwise ways that cost more than another may be left
   *   out.
   * @param effort what is charged for looking at many ways before the first is given.
   */
  readonly cellSupplies: (
    cells: CellShares,
    all: boolean,
    effort: Effort,
  ) => Iterable<readonly CellSupply[]>;
}

/** Cells, and the accelerators by which they share a request; equal shares without any. */
export interface CellShares {
  /** The cells' nodes, ascending. */
  readonly cellNodes: readonly number[];
  /** For each cell the nodes of its accelerators, which copy to its memory. */
  readonly deviceNodes: readonly (readonly number[])[];
}

/** The nodes that a cell's cores and memory come from. */
export interface CellSupply {
  readonly units: readonly OnNode[];
  readonly granules: readonly OnNode[];
}

/** Whether a node alone could hold a cell of this size. */
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

/** Splits a total over cells, by their accelerators or evenly, within the room of each. */
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

/** The room of cells that may take from any node. */
export function unlimited({ cellNodes }: CellShares): readonly number[] {
  return cellNodes.map(() => Infinity);
}
