import type { LinearProgram, Terms, Variable } from "./linear-program.ts";
import type { Offer, OfferedNode } from "./offer.ts";

/** A share of the VM as a node's cell, and the least that the cell needs. */
export interface NodeShare {
  readonly node: OfferedNode;
  /** How many accelerators it has. */
  readonly own: number;
  readonly units: number;
  readonly granules: number;
}

/** Every share that a node with this many accelerators can have as a cell: at least one of them. */
export function nodeShares(
  offer: Offer,
  count: number,
  node: OfferedNode,
  accelerators: number,
): NodeShare[] {
  return Array.from({ length: Math.min(accelerators, count) }, (_, i) => {
    const own = i + 1;
    const share = (all: number): number => Math.floor((all * own) / count);
    return { node, own, units: share(offer.units), granules: share(offer.granules) };
  });
}

/** A share as a variable of a program: whether the node is that cell. */
export type ShareOption = Pick<NodeShare, "node" | "own"> & {
  readonly variable: Variable;
};

/**
 * The remainder of an amount, as a variable for each node: how many more than its share its cell
 * has. All cells together have the whole amount, so the variables add up to what rounding takes
 * from all shares. It is counted in parts of an accelerator's share: amounts of memory would be too
 * large for the solver's precision.
 *
 * @param roomOf how many more a cell of this share has room for.
 * @param shareOf the share itself: a cell whose share is nothing has one more in any case.
 */
export function handOut<CellOption extends ShareOption>(
  program: LinearProgram,
  options: readonly CellOption[],
  { count, amount }: { readonly count: number; readonly amount: number },
  roomOf: (option: CellOption) => number,
  shareOf: (option: CellOption) => number,
): ReadonlyMap<number, Variable> {
  const more = new Map<number, Variable>();
  for (const [id, ofNode] of Map.groupBy(options, ({ node }) => node.id)) {
    const variable = program.amount();
    more.set(id, variable);
    const sum = (factor: (option: CellOption) => number): Terms =>
      ofNode.map((option) => [-factor(option), option.variable] as const);
    program.require([[1, variable], ...sum(roomOf)], "<=", 0);
    program.require([[1, variable], ...sum((option) => (shareOf(option) === 0 ? 1 : 0))], ">=", 0);
  }
  const lost = options.map((option) => {
    return [-((amount * option.own) % count), option.variable] as const;
  });
  program.require([...[...more.values()].map((one) => [count, one] as const), ...lost], "=", 0);
  return more;
}
