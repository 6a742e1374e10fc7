import type { LinearProgram, Terms, Variable } from "./linear-program.ts";
import type { Offer, OfferedNode } from "./offer.ts";

/** A share of the VM as a node's cell, and the least that the cell needs. */
export interface NodeShare {
  readonly node: OfferedNode;
  /** How many accelerators it has of the node, and of unknown node. */
  readonly own: number;
  readonly unknown: number;
  /** Whether it is the first cell, which accelerators of unknown node belong to. */
  readonly isFirst: boolean;
  readonly units: number;
  readonly granules: number;
}

export interface ShareBounds {
  readonly node: OfferedNode;
  readonly ownMax: number;
  readonly unknownMax: number;
}

/**
 * Every share that a node can have as a cell. A cell without an accelerator of its own is the only
 * cell of a VM whose accelerators are all of unknown node, and has all of them.
 */
export function nodeShares(
  offer: Offer,
  count: number,
  { node, ownMax, unknownMax }: ShareBounds,
): NodeShare[] {
  const shares: NodeShare[] = [];
  const upTo = (max: number): number[] => [...Array(max + 1).keys()];
  const add = (own: number, unknown: number, isFirst: boolean): void => {
    const share = (all: number): number => Math.floor((all * (own + unknown)) / count);
    const [units, granules] = [share(offer.units), share(offer.granules)];
    shares.push({ node, own, unknown, isFirst, units, granules });
  };
  for (const own of upTo(Math.min(ownMax, count)).slice(1)) {
    add(own, 0, false);
    for (const unknown of upTo(Math.min(unknownMax, count - own))) add(own, unknown, true);
  }
  if (unknownMax >= count && node.units > 0) add(0, count, true);
  return shares;
}

/** A share as a variable of a program: whether the node is that cell. */
export type ShareOption = Pick<NodeShare, "node" | "own" | "unknown"> & {
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
    return [-((amount * (option.own + option.unknown)) % count), option.variable] as const;
  });
  program.require([...[...more.values()].map((one) => [count, one] as const), ...lost], "=", 0);
  return more;
}
