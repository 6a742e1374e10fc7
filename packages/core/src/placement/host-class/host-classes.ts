import type { Inventory } from "../inventory/inventory.ts";
import { inventoryShape } from "../inventory/shape.ts";
import { useOfLayout } from "../layout/layout-use.ts";
import { emptyOccupancy, occupied, type Occupancy } from "../occupancy/occupancy.ts";
import { stateKeys } from "../occupancy/occupancy-key.ts";
import { coreVariants } from "../layout/core-variants.ts";
import type { Layout } from "../layout/layout.ts";
import { effort } from "../search/rank/effort.ts";
import type { Terms } from "../search/rank/ranking.ts";
import { searchSpace } from "../search/search.ts";
import { isOfSignature, signatureCost } from "../layout/layout-signature.ts";
import { type Space, spaceFor } from "../space/space.ts";
import type { Demand } from "./demand.ts";

/**
 * A state that hosts can be in: what they offer, up to the names of nodes, cores and devices. One
 * host that was in it stands for all; what is true of it is true of every other.
 */
export interface State {
  /** The same for all hosts in it, over all machines of one book. */
  readonly key: string;
  readonly inventory: Inventory;
  readonly occupancy: Occupancy;
}

/** The states met so far, and what has been found out about them. */
export interface States {
  /** The state of a host: the same object for all hosts in it, as long as the book knows them. */
  readonly of: (inventory: Inventory, occupancy: Occupancy) => State;
  /** A state that is only looked at, in thought: not kept, and to be compared by its key. */
  readonly passing: (inventory: Inventory, occupancy: Occupancy) => State;
  /** The state of an empty host of the same machine. */
  readonly emptied: (state: State) => State;
  /** What hosts in this state offer to a demand. */
  readonly space: (state: State, demand: Demand) => Space;
  /** The best place for a demand, and the state after it has been taken; null where there is none. */
  readonly best: (state: State, demand: Demand) => Step | null;
  /** Every place that a demand could be given, one of each that are interchangeable. */
  readonly all: (state: State, demand: Demand) => Steps;
}

export interface Step {
  readonly layout: Layout;
  readonly after: State;
}

export interface Steps {
  readonly steps: readonly Step[];
  /** False where there were more than could be looked at. */
  readonly complete: boolean;
}

/** In units of effort. */
const workPerPlace = 500;

/** Some ten milliseconds at the most for the places that one state offers. */
const allMax = 1 << 19;

/** Some hundred megabytes at the most: states that hosts are in, of which there are few. */
const statesMax = 1 << 17;

/**
 * Keeps what it finds, so that the same question costs a lookup: hosts by the thousand are in
 * states by the dozen.
 */
export function stateBook(): States {
  const keyOf = bookKeys();
  const empties = new WeakMap<Inventory, State>();
  const known = new Map<string, State>();
  const bests = new WeakMap<State, Map<string, Step | null>>();

  const passing = (inventory: Inventory, occupancy: Occupancy): State => {
    const key = keyOf(inventory, occupancy);
    return known.get(key) ?? { key, inventory, occupancy };
  };
  const of = (inventory: Inventory, occupancy: Occupancy): State => {
    const state = passing(inventory, occupancy);
    // What is forgotten is found out again: nothing but time depends on it.
    if (known.size >= statesMax) known.clear();
    known.set(state.key, state);
    return state;
  };
  const step = (state: State, offered: Space, layout: Layout): Step => {
    const use = useOfLayout(offered, layout.cells);
    const occupancy = occupied(state.inventory, state.occupancy, use);
    return { layout, after: passing(state.inventory, occupancy) };
  };
  const best = (state: State, demand: Demand): Step | null => {
    const offered = space(state, demand);
    const found = searchSpace(
      offered,
      demand.only === null ? {} : inSignature(demand.only, offered),
    );
    return found === null ? null : step(state, offered, found.best);
  };
  return {
    of,
    passing,
    space,
    emptied: ({ inventory }) => {
      const before = empties.get(inventory);
      const state = before ?? of(inventory, emptyOccupancy(inventory));
      empties.set(inventory, state);
      return state;
    },
    best: (state, demand) => {
      const answers = bests.get(state) ?? new Map<string, Step | null>();
      bests.set(state, answers);
      const before = answers.get(demand.key);
      if (before !== undefined) return before;
      const answer = best(state, demand);
      answers.set(demand.key, answer);
      return answer;
    },
    all: (state, demand) => {
      const offered = space(state, demand);
      const steps: Step[] = [];
      const work = effort(allMax);
      // Nothing is ever good enough, so nothing is left out as worse than what there is.
      searchSpace(offered, {
        effort: work,
        within: demand.only === null ? undefined : signatureCost(offered, demand.only),
        accepts: (layout) => {
          for (const variant of coreVariants(offered, layout)) {
            work.spend(workPerPlace);
            if (counts(demand, offered, variant)) steps.push(step(state, offered, variant));
          }
          return false;
        },
      });
      return { steps, complete: work.sufficed() };
    },
  };
}

const space = ({ inventory, occupancy }: State, { request }: Demand): Space =>
  spaceFor(inventory, occupancy, request);

const inSignature = (only: string, offered: Space): Terms => ({
  accepts: (layout) => isOfSignature(offered, layout, only),
  within: signatureCost(offered, only),
});

/** Whether a place counts for a demand: any, or of its one signature alone. */
const counts = ({ only }: Demand, offered: Space, layout: Layout): boolean =>
  only === null || isOfSignature(offered, layout, only);

/** Keys of states over machines of many shapes. */
function bookKeys(): (inventory: Inventory, occupancy: Occupancy) => string {
  const shapes = new Map<string, number>();
  const ofInventory = new WeakMap<Inventory, (occupancy: Occupancy) => string>();
  const made = (inventory: Inventory): ((occupancy: Occupancy) => string) => {
    const text = inventoryShape(inventory);
    const shape = shapes.get(text) ?? shapes.size;
    shapes.set(text, shape);
    const keyOf = stateKeys(inventory);
    const key = (occupancy: Occupancy): string => `${shape} ${keyOf(occupancy)}`;
    ofInventory.set(inventory, key);
    return key;
  };
  return (inventory, occupancy) => (ofInventory.get(inventory) ?? made(inventory))(occupancy);
}
