import { layoutSignature } from "../layout/layout-signature.ts";
import { type Demand, demandOf } from "../host-class/demand.ts";
import type { HostClass, HostClasses } from "../host-class/host-classes.ts";

/** The demand for the signature that a flavor is sold in on a machine; null where the machine holds none. */
export type SoldSignature = (hostClass: HostClass, demand: Demand) => Demand | null;

/**
 * The signature that a flavor's VMs are sold in on a machine: the one that it has been pinned to, else
 * the one that its first VM on an empty host gets. Slots are counted in it: a place of another
 * signature, into which the flavor could be squeezed, is no slot.
 */
export function soldSignatures(hostClasses: HostClasses): SoldSignature {
  const known = new WeakMap<HostClass, Map<string, Demand | null>>();
  const find = (empty: HostClass, demand: Demand): Demand | null => {
    const { request, only } = demand;
    const pinned = only ?? request.signature;
    if (pinned !== null) return demandOf(request, pinned);
    const best = hostClasses.best(empty, demand);
    if (best === null) return null;
    const offered = hostClasses.space(empty, demand);
    return demandOf(request, layoutSignature(offered, best.layout).signature);
  };
  return (hostClass, demand) => {
    const empty = hostClasses.emptied(hostClass);
    const ofKind = known.get(empty) ?? new Map<string, Demand | null>();
    known.set(empty, ofKind);
    const before = ofKind.get(demand.key);
    if (before !== undefined) return before;
    const own = find(empty, demand);
    ofKind.set(demand.key, own);
    return own;
  };
}
