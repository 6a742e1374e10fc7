import type { Demand } from "../host-class/demand.ts";
import type { State, States } from "../host-class/host-classes.ts";
import type { Slots } from "./capacity.ts";
import { ownGrades } from "./own-grade.ts";

/** What is sold on a fleet, and how much of each is wanted. */
export interface Offer {
  readonly demand: Demand;
  /** A share of what is asked for; all of them need not sum to 1. */
  readonly weight: number;
}

/** How much less could be sold in one state than in another, of the same machine. */
export type LossOf = (before: State, after: State) => Loss;

export interface Loss {
  readonly loss: number;
  /** Whether all the counts that it is made of are certain; else it may be more or less. */
  readonly exact: boolean;
}

/** How many more VMs of a demand fit (`boundedCapacities`). */
type Counted = (state: State, demand: Demand) => Slots;

/**
 * What a placement costs the future: for each flavor, how many fewer VMs of its own grade
 * (`own-grade.ts`) the host can take afterwards, as a share of what an empty host could, summed by
 * the flavors' weights. So the last eight-GPU slot of a host weighs as much as eight of its one-GPU
 * slots, and a flavor that this kind of host cannot hold weighs nothing.
 */
export function lossOf(states: States, counted: Counted, offers: readonly Offer[]): LossOf {
  const values = new Map<string, Value>();
  const ownGrade = ownGrades(states);
  const valueOf = (state: State): Value => {
    const before = values.get(state.key);
    if (before !== undefined) return before;
    const empty = states.emptied(state);
    let value: Value = { sum: 0, exact: true };
    for (const { demand, weight } of offers) {
      const own = ownGrade(state, demand);
      const most = own === null ? null : counted(empty, own);
      if (own === null || most === null || most.slots === 0) continue;
      const now = counted(state, own);
      const exact = value.exact && most.exact && now.exact;
      value = { sum: value.sum + (weight * now.slots) / most.slots, exact };
    }
    if (values.size >= valuesMax) values.clear();
    values.set(state.key, value);
    return value;
  };
  return (before, after) => {
    const [now, then] = [valueOf(before), valueOf(after)];
    return { loss: now.sum - then.sum, exact: now.exact && then.exact };
  };
}

/** What a state can sell, in shares of empty hosts. */
interface Value {
  readonly sum: number;
  readonly exact: boolean;
}

/** Some ten megabytes at the most. */
const valuesMax = 1 << 16;

/** How many VMs of a flavor's own grade a host could take before a placement and can after it. */
export interface SlotChange {
  readonly demand: Demand;
  readonly before: number;
  readonly after: number;
  /** Whether both are certain; else so many fit at least. */
  readonly exact: boolean;
}

/** The same, flavor by flavor, for those that wish to say it. */
export function slotChanges(
  states: States,
  counted: Counted,
  offers: readonly Offer[],
): (before: State, after: State) => readonly SlotChange[] {
  const ownGrade = ownGrades(states);
  return (before, after) =>
    offers.flatMap(({ demand }) => {
      const own = ownGrade(before, demand);
      if (own === null) return [];
      const [now, then] = [counted(before, own), counted(after, own)];
      const exact = now.exact && then.exact;
      return [{ demand, before: now.slots, after: then.slots, exact }];
    });
}
