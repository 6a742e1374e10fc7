import type { Request } from "../request/request.ts";
import type { Slots } from "../placement/capacity/capacity.ts";
import {
  lossOf,
  type SoldFlavor,
  type SlotChange,
  slotChanges,
} from "../placement/capacity/loss.ts";
import { useOfLayout } from "../placement/layout/layout-use.ts";
import { occupied, type Occupancy, type Use } from "../placement/occupancy/occupancy.ts";
import type { Layout } from "../placement/layout/layout.ts";
import {
  freeAcceleratorCounter,
  type KnownOptimum,
  type SearchOptions,
  unboundDevices,
} from "../placement/search/rank/ranking.ts";
import { type SearchResult, searchSpace } from "../placement/search/search.ts";
import { spaceFor } from "../placement/space/space.ts";
import { withRefinedOrbits } from "../placement/host-class/refined-orbits.ts";
import type { Demand } from "../placement/host-class/demand.ts";
import type { HostOccupancy } from "./host-index.ts";
import type { HostClass, HostClasses } from "../placement/host-class/host-classes.ts";

/** The best place for a request on one host, by objective and loss. */
export interface HostPlace {
  readonly found: SearchResult;
  readonly use: Use;
  /** What the host can sell less afterwards (`capacity/loss.ts`). */
  readonly loss: number;
  /** Free accelerators on the nodes of a VM that asks for none. */
  readonly freeAcceleratorsOnNodes: number;
  /**
   * Whether the search was exhaustive and all counts of slots were certain; otherwise another place
   * may be better.
   */
  readonly exact: boolean;
}

/**
 * A place with the slots of each flavor before and after it, and before and after its runner-up.
 */
export interface ExplainedPlace extends HostPlace {
  readonly slots: readonly SlotChange[];
  readonly runnerUpSlots: readonly SlotChange[];
}

/**
 * The best place for a request on a host; null where it does not fit.
 *
 * @param ofClass the best place on another host of the same class, which has the same value.
 */
export type BestPlace = (host: HostOccupancy, ofClass?: HostPlace) => HostPlace | null;

export interface HostPlaces {
  /** For one demand. Caches places by the occupancy's identity (`interning.ts`). */
  readonly best: (demand: Demand) => BestPlace;
  /** A place with what its reasons need; not cached. */
  readonly explained: (host: HostOccupancy, request: Request) => ExplainedPlace | null;
}

/** The most demands in the cache. */
const demandsMax = 1 << 10;

/** Makes a cache of the best places on hosts that sell these flavors. */
export function hostPlaces(
  hostClasses: HostClasses,
  countSlots: (hostClass: HostClass, demand: Demand) => Slots,
  soldFlavors: readonly SoldFlavor[],
): HostPlaces {
  const lossFrom = lossOf(hostClasses, countSlots, soldFlavors);
  const changes = slotChanges(hostClasses, countSlots, soldFlavors);
  const isSelling = soldFlavors.length > 0;
  const places = new Map<string, WeakMap<Occupancy, HostPlace | null>>();

  const find = (
    { inventory, occupancy, accepts }: HostOccupancy,
    request: Request,
    options: SearchOptions,
  ): ExplainedPlace | null => {
    // Where neighbours count, no orbits are left to refine.
    const isRefined = isSelling && accepts === undefined;
    const searched = isRefined ? withRefinedOrbits(inventory, occupancy) : inventory;
    const space = spaceFor(searched, occupancy, request);
    const before = hostClasses.transient(inventory, occupancy);
    const after = (layout: Layout): HostClass => {
      const use = useOfLayout(space, layout.cells);
      return hostClasses.transient(inventory, occupied(inventory, occupancy, use));
    };
    // A place whose count was not certain may be the one that loses least.
    let exact = true;
    const lost = (layout: Layout): number => {
      const found = lossFrom(before, after(layout));
      exact &&= found.exact;
      return found.loss;
    };
    const found = searchSpace(space, { ...options, accepts, ...(isSelling && { loss: lost }) });
    if (found === null) return null;
    const { best, runnerUp } = found;
    const freeAcceleratorsOf = freeAcceleratorCounter(space);
    const { explained = false } = options;
    const loss = isSelling ? lost(best) : 0;
    return {
      found,
      use: useOfLayout(space, best.cells),
      loss,
      freeAcceleratorsOnNodes: freeAcceleratorsOf(best),
      exact: exact && found.exhaustive,
      slots: explained ? changes(before, after(best)) : [],
      runnerUpSlots: explained && runnerUp !== null ? changes(before, after(runnerUp)) : [],
    };
  };
  return {
    best: ({ key, request }) => {
      const found = places.get(key) ?? new WeakMap<Occupancy, HostPlace | null>();
      if (places.size >= demandsMax) places.clear();
      places.set(key, found);
      return (host, ofClass) => {
        const before = found.get(host.occupancy);
        if (before !== undefined) return before;
        const place = find(host, request, { knownOptimum: ofClass && optimumOf(ofClass) });
        found.set(host.occupancy, place);
        return place;
      };
    },
    explained: (host, request) => find(host, request, { explained: true }),
  };
}

function optimumOf({ found, loss, freeAcceleratorsOnNodes }: HostPlace): KnownOptimum {
  const { objective } = found.best;
  return { objective, loss, freeAcceleratorsOnNodes, unboundDevices: unboundDevices(found.best) };
}
