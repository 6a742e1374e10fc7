import type { Device } from "../inventory/devices.ts";
import type { Space } from "../space/space.ts";
import { keepLeast, sumOf } from "./least.ts";
import { networkCosts, type NicPaths, toNearestNics, toOneNic } from "./nic-paths.ts";
import { constantBound, nothingAlone, type PaidAlone, type SetBound } from "./set-bound.ts";
import { type Shelf, shelfOfEach } from "./shelves.ts";
import type { Spread } from "./spreads.ts";

/** What the network path adds to the cost of a set at least. */
export interface NetworkBound {
  /** What every accelerator pays to its cheapest NIC on offer, whoever else uses it. */
  readonly alone: PaidAlone;
  /** What NICs pay, and what accelerators pay beyond that. */
  readonly rest: SetBound;
}

/**
 * The NICs are those that are cheapest for any accelerator on the nodes of the spread. With a single
 * NIC wanted, all accelerators use the one that is cheapest for all of them.
 *
 * What NICs pay is the same for all sets of a spread, so it is worked out once for it: a pass over
 * shelves and NICs.
 *
 * @param besideDevices whether only NICs on the set's nodes are on offer.
 */
export function networkBound(
  space: Space,
  weight: number,
  candidates: readonly Device[],
  shelves: readonly Shelf[],
  besideDevices: boolean,
): NetworkBound {
  const { request, nics } = space;
  const wanted = request.nics.count;
  if (wanted === 0 || weight === 0) {
    // No path costs what the best costs.
    const rest = constantBound(weight);
    return { alone: nothingAlone(candidates.length, shelves.length), rest };
  }
  const cost = networkCosts(space, candidates, nics);
  const paths: NicPaths = {
    shelves,
    shelfOf: shelfOfEach(shelves, candidates.length),
    shelfOfNic: Int32Array.from(nics, (nic) => shelves.findIndex(({ node }) => node === nic.node)),
    cost,
    onShelf: shelves.map(({ members }) =>
      nics.map((_, j) => Math.min(...members.map((i) => cost[i]?.[j] ?? 1))),
    ),
    offered: new Uint8Array(nics.length).fill(1),
  };
  const { count } = request.accelerators;
  const ofOne = weight / (count + wanted);
  const isOne = wanted === 1;
  const detours = isOne ? toOneNic(paths, count) : constantBound(0);
  const offer = besideDevices ? offeringBeside(paths) : null;
  const leastOfNics = cheapestNics(paths, wanted);
  let ofNics = 0;
  return {
    // A detour is one from the nearest of all NICs.
    alone: toNearestNics(paths, ofOne, besideDevices && !isOne),
    rest: {
      begin: (spread) => {
        offer?.(spread);
        ofNics = leastOfNics(spread);
        detours.begin(spread);
      },
      take: detours.take,
      untake: detours.untake,
      least: (from) => ofOne * (detours.least(from) + ofNics),
    },
  };
}

/** Offers the NICs on the nodes of a spread. */
function offeringBeside({ shelfOfNic, offered }: NicPaths): (spread: Spread) => void {
  return (spread) => {
    for (let j = 0; j < offered.length; j++) {
      offered[j] = (spread[shelfOfNic[j] ?? -1] ?? 0) > 0 ? 1 : 0;
    }
  };
}

/**
 * What so many NICs pay together at least, each to its cheapest accelerator on the spread's nodes.
 * That depends on which nodes these are and not on how many lie on each, so it is kept for them.
 */
function cheapestNics({ onShelf, offered }: NicPaths, wanted: number): (spread: Spread) => number {
  const cheapest = new Float64Array(wanted);
  const find = (spread: Spread): number => {
    cheapest.fill(Infinity);
    for (let j = 0; j < offered.length; j++) {
      if (offered[j] === 0) continue;
      let least = Infinity;
      for (let s = 0; s < onShelf.length; s++) {
        if ((spread[s] ?? 0) > 0) least = Math.min(least, onShelf[s]?.[j] ?? 1);
      }
      keepLeast(cheapest, least);
    }
    return sumOf(cheapest, wanted);
  };
  const known = new Map<number, number>();
  return (spread) => {
    // As many bits as a number holds exactly.
    if (spread.length > 52) return find(spread);
    let used = 0;
    for (let s = 0; s < spread.length; s++) used = 2 * used + ((spread[s] ?? 0) > 0 ? 1 : 0);
    const before = known.get(used);
    if (before !== undefined) return before;
    const least = find(spread);
    known.set(used, least);
    return least;
  };
}
