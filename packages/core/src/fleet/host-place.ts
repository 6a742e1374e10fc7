import type { Request } from "../request/request.ts";
import type { Slots } from "../placement/capacity/capacity.ts";
import {
  lossOf,
  type SoldFlavor,
  type SlotChange,
  slotChanges,
} from "../placement/capacity/loss.ts";
import type { Inventory } from "../placement/inventory/inventory.ts";
import { useOfLayout } from "../placement/layout/layout-use.ts";
import { occupied, type Occupancy, type Use } from "../placement/occupancy/occupancy.ts";
import type { Layout } from "../placement/layout/layout.ts";
import {
  freeAcceleratorCounter,
  type KnownOptimum,
  type SearchOptions,
} from "../placement/search/rank/ranking.ts";
import { type SearchResult, searchSpace } from "../placement/search/search.ts";
import { spaceFor } from "../placement/space/space.ts";
import { withRefinedOrbits } from "../placement/host-class/refined-orbits.ts";
import type { Demand } from "../placement/host-class/demand.ts";
import type { HostClass, HostClasses } from "../placement/host-class/host-classes.ts";

/** The best place for a request on one host, by its objective and by what is lost. */
export interface HostPlace {
  readonly found: SearchResult;
  readonly use: Use;
  /** What the host can sell less of afterwards (`capacity/loss.ts`). */
  readonly loss: number;
  /** How many free accelerators a VM without any has on its nodes. */
  readonly freeAcceleratorsOnNodes: number;
  /**
   * Whether the search and all that was counted to find the least loss are certain; else another
   * place may be better.
   */
  readonly exact: boolean;
}

/** A place, with what the host can take of each flavor before and after it and its runner-up. */
export interface ExplainedPlace extends HostPlace {
  readonly slots: readonly SlotChange[];
  readonly runnerUpSlots: readonly SlotChange[];
}

/**
 * Where on a host a request is best placed; null where it is not.
 *
 * @param known what the best is known to come to, from another host in the same host class.
 */
export type BestPlace = (
  inventory: Inventory,
  occupancy: Occupancy,
  known?: HostPlace,
) => HostPlace | null;

export interface HostPlaces {
  /** For one demand. Keeps what it finds, by the occupancy's identity (`interning.ts`). */
  readonly best: (demand: Demand) => BestPlace;
  /** The same with reasons; not kept. */
  readonly explained: (
    inventory: Inventory,
    occupancy: Occupancy,
    request: Request,
  ) => ExplainedPlace | null;
}

/** What is forgotten is found again. */
const demandsMax = 1 << 10;

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
    inventory: Inventory,
    occupancy: Occupancy,
    request: Request,
    options: SearchOptions,
  ): ExplainedPlace | null => {
    const seen = isSelling ? withRefinedOrbits(inventory, occupancy) : inventory;
    const space = spaceFor(seen, occupancy, request);
    const before = hostClasses.transient(inventory, occupancy);
    const after = (layout: Layout): HostClass => {
      const use = useOfLayout(space, layout.cells);
      return hostClasses.transient(inventory, occupied(inventory, occupancy, use));
    };
    // Of whichever place a count was not certain, that place may be the one that loses least.
    let exact = true;
    const lost = (layout: Layout): number => {
      const found = lossFrom(before, after(layout));
      exact &&= found.exact;
      return found.loss;
    };
    const found = searchSpace(space, { ...options, ...(isSelling && { loss: lost }) });
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
      return (inventory, occupancy, known) => {
        const before = found.get(occupancy);
        if (before !== undefined) return before;
        const place = find(inventory, occupancy, request, {
          knownOptimum: known && optimumOf(known),
        });
        found.set(occupancy, place);
        return place;
      };
    },
    explained: (inventory, occupancy, request) =>
      find(inventory, occupancy, request, { explained: true }),
  };
}

function optimumOf({ found, loss, freeAcceleratorsOnNodes }: HostPlace): KnownOptimum {
  return { objective: found.best.objective, loss, freeAcceleratorsOnNodes };
}
