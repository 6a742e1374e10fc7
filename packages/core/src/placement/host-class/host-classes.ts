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
 * A host class that hosts can be in: what they offer, up to the names of nodes, cores and devices. One
 * host that was in it stands for all; what is true of it is true of every other.
 */
export interface HostClass {
  /** The same for all hosts in it, over all machines of one book. */
  readonly key: string;
  readonly inventory: Inventory;
  readonly occupancy: Occupancy;
}

/** The host classes met so far, and what has been found out about them. */
export interface HostClasses {
  /** The host class of a host: the same object for all hosts in it, as long as the book knows them. */
  readonly of: (inventory: Inventory, occupancy: Occupancy) => HostClass;
  /** A host class that is only looked at, in thought: not kept, and to be compared by its key. */
  readonly transient: (inventory: Inventory, occupancy: Occupancy) => HostClass;
  /** The host class of an empty host of the same machine. */
  readonly emptied: (hostClass: HostClass) => HostClass;
  /** What hosts in this host class offer to a demand. */
  readonly space: (hostClass: HostClass, demand: Demand) => Space;
  /** The best place for a demand, and the host class after it has been taken; null where there is none. */
  readonly best: (hostClass: HostClass, demand: Demand) => Successor | null;
  /** Every place that a demand could be given, one of each that are interchangeable. */
  readonly successors: (hostClass: HostClass, demand: Demand) => Successors;
}

export interface Successor {
  readonly layout: Layout;
  readonly after: HostClass;
}

export interface Successors {
  readonly successors: readonly Successor[];
  /** False where there were more than could be looked at. */
  readonly complete: boolean;
}

/** In units of effort. */
const workPerPlace = 500;

/** Some ten milliseconds at the most for the places that one host class offers. */
const allMax = 1 << 19;

/** Some hundred megabytes at the most: host classes that hosts are in, of which there are few. */
const hostClassesMax = 1 << 17;

/**
 * Keeps what it finds, so that the same question costs a lookup: hosts by the thousand are in
 * host classes by the dozen.
 */
export function hostClassCache(): HostClasses {
  const keyOf = bookKeys();
  const empties = new WeakMap<Inventory, HostClass>();
  const known = new Map<string, HostClass>();
  const bests = new WeakMap<HostClass, Map<string, Successor | null>>();

  const transient = (inventory: Inventory, occupancy: Occupancy): HostClass => {
    const key = keyOf(inventory, occupancy);
    return known.get(key) ?? { key, inventory, occupancy };
  };
  const of = (inventory: Inventory, occupancy: Occupancy): HostClass => {
    const hostClass = transient(inventory, occupancy);
    // What is forgotten is found out again: nothing but time depends on it.
    if (known.size >= hostClassesMax) known.clear();
    known.set(hostClass.key, hostClass);
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
      const work = effort(allMax);
      // Nothing is ever good enough, so nothing is left out as worse than what there is.
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

/** Whether a place counts for a demand: any, or of its one signature alone. */
const counts = ({ only }: Demand, offered: Space, layout: Layout): boolean =>
  only === null || isOfSignature(offered, layout, only);

/** Keys of host classes over machines of many shapes. */
function bookKeys(): (inventory: Inventory, occupancy: Occupancy) => string {
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
