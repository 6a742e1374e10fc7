import type { Demand } from "../host-class/demand.ts";
import type { HostClass, HostClasses } from "../host-class/host-classes.ts";
import type { Slots } from "./capacity.ts";
import { soldSignatures } from "./sold-signature.ts";

/** What is sold on a fleet, and how much of each is wanted. */
export interface SoldFlavor {
  readonly demand: Demand;
  /** A share of what is asked for; all of them need not sum to 1. */
  readonly weight: number;
}

/** How much less could be sold in one host class than in another, of the same machine. */
export type LossOf = (before: HostClass, after: HostClass) => Loss;

export interface Loss {
  readonly loss: number;
  /** Whether all the counts that it is made of are certain; else it may be more or less. */
  readonly exact: boolean;
}

/** How many more VMs of a demand fit (`slotCounter`). */
type CountSlots = (hostClass: HostClass, demand: Demand) => Slots;

/**
 * What a placement costs the future: for each flavor, how many fewer VMs of its signature
 * (`sold-signature.ts`) the host can take afterwards, as a share of what an empty host could, summed by
 * the flavors' weights. So the last eight-GPU slot of a host weighs as much as eight of its one-GPU
 * slots, and a flavor that this machine cannot hold weighs nothing.
 */
export function lossOf(
  hostClasses: HostClasses,
  countSlots: CountSlots,
  soldFlavors: readonly SoldFlavor[],
): LossOf {
  const values = new Map<string, Value>();
  const soldSignature = soldSignatures(hostClasses);
  const valueOf = (hostClass: HostClass): Value => {
    const before = values.get(hostClass.key);
    if (before !== undefined) return before;
    const empty = hostClasses.emptied(hostClass);
    let value: Value = { sum: 0, exact: true };
    for (const { demand, weight } of soldFlavors) {
      const own = soldSignature(hostClass, demand);
      const most = own === null ? null : countSlots(empty, own);
      if (own === null || most === null || most.slots === 0) continue;
      const now = countSlots(hostClass, own);
      const exact = value.exact && most.exact && now.exact;
      value = { sum: value.sum + (weight * now.slots) / most.slots, exact };
    }
    if (values.size >= valuesMax) values.clear();
    values.set(hostClass.key, value);
    return value;
  };
  return (before, after) => {
    const [now, then] = [valueOf(before), valueOf(after)];
    return { loss: now.sum - then.sum, exact: now.exact && then.exact };
  };
}

/** What a host class can sell, in shares of empty hosts. */
interface Value {
  readonly sum: number;
  readonly exact: boolean;
}

/** Some ten megabytes at the most. */
const valuesMax = 1 << 16;

/** How many VMs of the signature that a flavor is sold in a host could take before a placement and can after it. */
export interface SlotChange {
  readonly demand: Demand;
  readonly before: number;
  readonly after: number;
  /** Whether both are certain; else so many fit at least. */
  readonly exact: boolean;
}

/** The same, flavor by flavor, for those that wish to say it. */
export function slotChanges(
  hostClasses: HostClasses,
  countSlots: CountSlots,
  soldFlavors: readonly SoldFlavor[],
): (before: HostClass, after: HostClass) => readonly SlotChange[] {
  const soldSignature = soldSignatures(hostClasses);
  return (before, after) =>
    soldFlavors.flatMap(({ demand }) => {
      const own = soldSignature(before, demand);
      if (own === null) return [];
      const [now, then] = [countSlots(before, own), countSlots(after, own)];
      const exact = now.exact && then.exact;
      return [{ demand, before: now.slots, after: then.slots, exact }];
    });
}
