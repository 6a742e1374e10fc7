import type { Demand } from "../host-class/demand.ts";
import type { HostClass, HostClasses } from "../host-class/host-classes.ts";
import type { Slots } from "./capacity.ts";
import { soldSignatures } from "./sold-signature.ts";

/** A flavor that a fleet sells, and how much of it is wanted. */
export interface SoldFlavor {
  readonly demand: Demand;
  /** Its share of the demand; the shares of all flavors need not sum to 1. */
  readonly weight: number;
}

/** How much less a host can sell after a placement than before, by its host classes. */
export type LossOf = (before: HostClass, after: HostClass) => Loss;

export interface Loss {
  readonly loss: number;
  /** Whether all its counts are certain; otherwise the loss may be more or less. */
  readonly exact: boolean;
}

/** How many more VMs of a demand fit (`slotCounter`). */
type CountSlots = (hostClass: HostClass, demand: Demand) => Slots;

/**
 * The loss of a placement, which is what it costs the future: for each flavor, how many fewer VMs
 * of its signature (`sold-signature.ts`) the host can take afterwards, as a share of an empty
 * host's slots, summed by the flavors' weights. So the last eight-GPU slot of a host weighs as much
 * as eight of its one-GPU slots, and a flavor that this machine cannot hold weighs nothing.
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

/** What a host class can sell, in shares of an empty host's slots. */
interface Value {
  readonly sum: number;
  readonly exact: boolean;
}

/** At most some ten megabytes. */
const valuesMax = 1 << 16;

/** A flavor's slots on a host, in the signature it is sold in, before and after a placement. */
export interface SlotChange {
  readonly demand: Demand;
  readonly before: number;
  readonly after: number;
  /** Whether both are certain; otherwise they are lower bounds. */
  readonly exact: boolean;
}

/** The slots that a placement takes, flavor by flavor, for reasons in sentences. */
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
