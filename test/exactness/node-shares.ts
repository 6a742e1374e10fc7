import type { Offer, OfferedNode } from "./offer.ts";

/** What the first cell gets of what does not divide. */
export interface Rests {
  readonly units: number;
  readonly granules: number;
}

const none: Rests = { units: 0, granules: 0 };

/** One share of the VM that a node can be the cell of, with what it needs then. */
export interface NodeShare {
  readonly node: OfferedNode;
  /** Accelerators of the node, and of unknown node. */
  readonly own: number;
  readonly unknown: number;
  readonly isFirst: boolean;
  readonly rests: Rests;
  readonly units: number;
  readonly granules: number;
}

export interface ShareBounds {
  readonly node: OfferedNode;
  readonly ownMax: number;
  readonly unknownMax: number;
  readonly restMax: number;
}

/**
 * Every share with which one node can be a cell. A cell without an accelerator of its own is the
 * only one, where no accelerator's node is known, and then has all of them.
 */
export function nodeShares(
  offer: Offer,
  count: number,
  { node, ownMax, unknownMax, restMax }: ShareBounds,
): NodeShare[] {
  const shares: NodeShare[] = [];
  const upTo = (max: number): number[] => [...Array(max + 1).keys()];
  const add = (own: number, unknown: number, isFirst: boolean, rests: Rests): void => {
    const share = (all: number): number => Math.floor((all * (own + unknown)) / count);
    const units = share(offer.units) + rests.units;
    const granules = share(offer.granules) + rests.granules;
    if (units === 0 || granules === 0) return;
    shares.push({ node, own, unknown, isFirst, rests, units, granules });
  };
  for (const own of upTo(Math.min(ownMax, count)).slice(1)) {
    add(own, 0, false, none);
    for (const unknown of upTo(Math.min(unknownMax, count - own))) {
      for (const units of upTo(restMax)) {
        for (const granules of upTo(restMax)) add(own, unknown, true, { units, granules });
      }
    }
  }
  if (unknownMax >= count && node.units > 0) add(0, count, true, none);
  return shares;
}
