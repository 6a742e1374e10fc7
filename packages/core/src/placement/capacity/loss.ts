import type { Demand } from "../state/demand.ts";
import type { State, States } from "../state/states.ts";
import { ownGrades } from "./own-grade.ts";

/** What is sold on a fleet, and how much of each is wanted. */
export interface Offer {
  readonly demand: Demand;
  /** A share of what is asked for; all of them need not sum to 1. */
  readonly weight: number;
}

/** How much less could be sold in one state than in another, of the same machine. */
export type LossOf = (before: State, after: State) => number;

/**
 * What a placement costs the future: for each flavor, how many fewer VMs of its own grade
 * (`own-grade.ts`) the host can take afterwards, as a share of what an empty host could, summed by
 * the flavors' weights. So the last eight-GPU slot of a host weighs as much as eight of its one-GPU
 * slots, and a flavor that this kind of host cannot hold weighs nothing.
 */
export function lossOf(
  states: States,
  capacity: (state: State, demand: Demand) => number,
  offers: readonly Offer[],
): LossOf {
  const values = new Map<string, number>();
  const ownGrade = ownGrades(states);
  const valueOf = (state: State): number => {
    const before = values.get(state.key);
    if (before !== undefined) return before;
    const empty = states.emptied(state);
    const value = offers.reduce((sum, { demand, weight }) => {
      const own = ownGrade(state, demand);
      const most = own === null ? 0 : capacity(empty, own);
      return own === null || most === 0 ? sum : sum + (weight * capacity(state, own)) / most;
    }, 0);
    if (values.size >= valuesMax) values.clear();
    values.set(state.key, value);
    return value;
  };
  return (before, after) => valueOf(before) - valueOf(after);
}

/** Some ten megabytes at the most. */
const valuesMax = 1 << 16;

/** How many VMs of a flavor's own grade a host could take before a placement and can after it. */
export interface SlotChange {
  readonly demand: Demand;
  readonly before: number;
  readonly after: number;
}

/** The same, flavor by flavor, for those that wish to say it. */
export function slotChanges(
  states: States,
  capacity: (state: State, demand: Demand) => number,
  offers: readonly Offer[],
): (before: State, after: State) => readonly SlotChange[] {
  const ownGrade = ownGrades(states);
  return (before, after) =>
    offers.flatMap(({ demand }) => {
      const own = ownGrade(before, demand);
      if (own === null) return [];
      return [{ demand, before: capacity(before, own), after: capacity(after, own) }];
    });
}
