import type { Demand } from "../state/demand.ts";
import type { State, States } from "../state/states.ts";

/** What is sold on a fleet, and how much of each is wanted. */
export interface Offer {
  readonly demand: Demand;
  /** A share of what is asked for; all of them need not sum to 1. */
  readonly weight: number;
}

/** How much less could be sold in one state than in another, of the same machine. */
export type LossOf = (before: State, after: State) => number;

/**
 * What a placement costs the future: for each flavor, how many fewer VMs of it the host can take
 * afterwards, as a share of what an empty host could, summed by the flavors' weights. So the last
 * eight-GPU slot of a host weighs as much as eight of its one-GPU slots, and a flavor that this
 * kind of host cannot hold weighs nothing.
 */
export function lossOf(
  states: States,
  capacity: (state: State, demand: Demand) => number,
  offers: readonly Offer[],
): LossOf {
  const values = new WeakMap<State, number>();
  const valueOf = (state: State): number => {
    const before = values.get(state);
    if (before !== undefined) return before;
    const empty = states.emptied(state);
    const value = offers.reduce((sum, { demand, weight }) => {
      const most = capacity(empty, demand);
      return most === 0 ? sum : sum + (weight * capacity(state, demand)) / most;
    }, 0);
    values.set(state, value);
    return value;
  };
  return (before, after) => valueOf(before) - valueOf(after);
}
