import type { LinearProgram, Terms, Variable } from "./linear-program.ts";
import type { Offer, OfferedNode } from "./offer.ts";

/** One share of the VM that a node can be the cell of, with what it needs then at least. */
export interface NodeShare {
  readonly node: OfferedNode;
  /** Accelerators of the node, and of unknown node. */
  readonly own: number;
  readonly unknown: number;
  /** Whether it is the first cell, which those of unknown node belong to. */
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
 * Every share with which one node can be a cell. A cell without an accelerator of its own is the
 * only one, where no accelerator's node is known, and then has all of them.
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
export type ShareWay = Pick<NodeShare, "node" | "own" | "unknown"> & {
  readonly variable: Variable;
};

/**
 * What does not divide, as a variable for each node: how many more than its share its cell has. All
 * cells together have the whole of the amount: what each loses to rounding, in parts of an
 * accelerator's share, somebody is given. So said, the numbers stay small, where as amounts of memory
 * they would be too large for the solver's precision.
 *
 * @param roomOf how many more a cell of this share has room for.
 * @param shareOf a cell whose share is nothing has one more in any case.
 */
export function handOut<Way extends ShareWay>(
  program: LinearProgram,
  ways: readonly Way[],
  { count, amount }: { readonly count: number; readonly amount: number },
  roomOf: (way: Way) => number,
  shareOf: (way: Way) => number,
): ReadonlyMap<number, Variable> {
  const more = new Map<number, Variable>();
  for (const [id, ofNode] of Map.groupBy(ways, ({ node }) => node.id)) {
    const variable = program.amount();
    more.set(id, variable);
    const sum = (factor: (way: Way) => number): Terms =>
      ofNode.map((way) => [-factor(way), way.variable] as const);
    program.require([[1, variable], ...sum(roomOf)], "<=", 0);
    program.require([[1, variable], ...sum((way) => (shareOf(way) === 0 ? 1 : 0))], ">=", 0);
  }
  const lost = ways.map((way) => {
    return [-((amount * (way.own + way.unknown)) % count), way.variable] as const;
  });
  program.require([...[...more.values()].map((one) => [count, one] as const), ...lost], "=", 0);
  return more;
}
