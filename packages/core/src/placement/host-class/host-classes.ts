import type { Inventory } from "../inventory/inventory.ts";
import { inventoryShape } from "../inventory/shape.ts";
import { useOfLayout } from "../layout/layout-use.ts";
import { emptyOccupancy, occupied, type Occupancy } from "../occupancy/occupancy.ts";
import { hostClassKeys } from "../occupancy/occupancy-key.ts";
import { coreVariants } from "../layout/layout-cores.ts";
import type { Layout } from "../layout/layout.ts";
import { effort } from "../search/rank/effort.ts";
import type { SearchOptions } from "../search/rank/ranking.ts";
import { searchSpace } from "../search/search.ts";
import { isOfSignature, signatureCost } from "../layout/layout-signature.ts";
import { type Space, spaceFor } from "../space/space.ts";
import type { Demand } from "./demand.ts";

/**
 * A host class: hosts that offer the same up to the names of nodes, cores and devices. It holds the
 * inventory and occupancy of its first host, which stands for all.
 */
export interface HostClass {
  /** The same for all hosts of the class, over all machines in one cache. */
  readonly key: string;
  readonly inventory: Inventory;
  readonly occupancy: Occupancy;
}

/** A cache of host classes and of their best places. */
export interface HostClasses {
  /** The class of a host: one object for all its hosts, as long as it stays in the cache. */
  readonly of: (inventory: Inventory, occupancy: Occupancy) => HostClass;
  /** The class of a hypothetical host, which is not cached: compare it by its key. */
  readonly transient: (inventory: Inventory, occupancy: Occupancy) => HostClass;
  /** The class of an empty host of the same machine. */
  readonly emptied: (hostClass: HostClass) => HostClass;
  /** What hosts of a class offer to a demand. */
  readonly space: (hostClass: HostClass, demand: Demand) => Space;
  /** The best place for a demand; null where there is none. */
  readonly best: (hostClass: HostClass, demand: Demand) => Successor | null;
  /** Every place that a demand could be given, one of each orbit. */
  readonly successors: (hostClass: HostClass, demand: Demand) => Successors;
}

/** A place on a host, and the host's class once it is taken. */
export interface Successor {
  readonly layout: Layout;
  readonly after: HostClass;
}

export interface Successors {
  readonly successors: readonly Successor[];
  /** False where there were more places than could be tried. */
  readonly complete: boolean;
}

/** In units of effort. */
const workPerPlace = 500;

/** In units of effort: at most some ten milliseconds for the places of one host class. */
const successorsWorkMax = 1 << 19;

/** At most some hundred megabytes; real fleets have few host classes. */
const hostClassesMax = 1 << 17;

/**
 * Makes a cache, so that the same question costs a lookup: thousands of hosts are in some dozens of
 * host classes.
 */
export function hostClassCache(): HostClasses {
  const keyOf = keysOverMachines();
  const empties = new WeakMap<Inventory, HostClass>();
  const byKey = new Map<string, HostClass>();
  const bests = new WeakMap<HostClass, Map<string, Successor | null>>();

  const transient = (inventory: Inventory, occupancy: Occupancy): HostClass => {
    const key = keyOf(inventory, occupancy);
    return byKey.get(key) ?? { key, inventory, occupancy };
  };
  const of = (inventory: Inventory, occupancy: Occupancy): HostClass => {
    const hostClass = transient(inventory, occupancy);
    // Nothing but time depends on what the cache holds.
    if (byKey.size >= hostClassesMax) byKey.clear();
    byKey.set(hostClass.key, hostClass);
    return hostClass;
  };
  const successor = (hostClass: HostClass, offered: Space, layout: Layout): Successor => {
    const use = useOfLayout(offered, layout.cells);
    const occupancy = occupied(hostClass.inventory, hostClass.occupancy, use);
    return { layout, after: transient(hostClass.inventory, occupancy) };
  };
  const best = (hostClass: HostClass, demand: Demand): Successor | null => {
    const offered = space(hostClass, demand);
    const found = searchSpace(
      offered,
      demand.only === null ? {} : inSignature(demand.only, offered),
    );
    return found === null ? null : successor(hostClass, offered, found.best);
  };
  return {
    of,
    transient,
    space,
    emptied: ({ inventory }) => {
      const before = empties.get(inventory);
      const hostClass = before ?? of(inventory, emptyOccupancy(inventory));
      empties.set(inventory, hostClass);
      return hostClass;
    },
    best: (hostClass, demand) => {
      const answers = bests.get(hostClass) ?? new Map<string, Successor | null>();
      bests.set(hostClass, answers);
      const before = answers.get(demand.key);
      if (before !== undefined) return before;
      const answer = best(hostClass, demand);
      answers.set(demand.key, answer);
      return answer;
    },
    successors: (hostClass, demand) => {
      const offered = space(hostClass, demand);
      const successors: Successor[] = [];
      const work = effort(successorsWorkMax);
      // Every layout is rejected, so there is never an incumbent, and no layout is pruned.
      searchSpace(offered, {
        effort: work,
        within: demand.only === null ? undefined : signatureCost(offered, demand.only),
        accepts: (layout) => {
          for (const variant of coreVariants(offered, layout)) {
            work.spend(workPerPlace);
            if (counts(demand, offered, variant))
              successors.push(successor(hostClass, offered, variant));
          }
          return false;
        },
      });
      return { successors, complete: work.sufficed() };
    },
  };
}

const space = ({ inventory, occupancy }: HostClass, { request }: Demand): Space =>
  spaceFor(inventory, occupancy, request);

const inSignature = (only: string, offered: Space): SearchOptions => ({
  accepts: (layout) => isOfSignature(offered, layout, only),
  within: signatureCost(offered, only),
});

/** Whether a place counts for a demand: any place, or only one of the demand's signature. */
const counts = ({ only }: Demand, offered: Space, layout: Layout): boolean =>
  only === null || isOfSignature(offered, layout, only);

/** Keys of host classes that differ between machines of different shapes. */
function keysOverMachines(): (inventory: Inventory, occupancy: Occupancy) => string {
  const shapes = new Map<string, number>();
  const ofInventory = new WeakMap<Inventory, (occupancy: Occupancy) => string>();
  const made = (inventory: Inventory): ((occupancy: Occupancy) => string) => {
    const text = inventoryShape(inventory);
    const shape = shapes.get(text) ?? shapes.size;
    shapes.set(text, shape);
    const keyOf = hostClassKeys(inventory);
    const key = (occupancy: Occupancy): string => `${shape} ${keyOf(occupancy)}`;
    ofInventory.set(inventory, key);
    return key;
  };
  return (inventory, occupancy) => (ofInventory.get(inventory) ?? made(inventory))(occupancy);
}
