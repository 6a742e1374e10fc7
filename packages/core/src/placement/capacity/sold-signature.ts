import { layoutSignature } from "../layout/layout-signature.ts";
import { type Demand, demandOf } from "../host-class/demand.ts";
import type { HostClass, HostClasses } from "../host-class/host-classes.ts";

/** The demand for only the signature that a flavor is sold in; null where no empty host fits it. */
export type SoldSignature = (hostClass: HostClass, demand: Demand) => Demand | null;

/**
 * Finds the signature that a flavor is sold in on a machine: the signature it is pinned to,
 * otherwise that of its first VM on an empty host. Slots are counted in it: a place of another
 * signature, into which a VM of the flavor could be squeezed, is no slot.
 */
export function soldSignatures(hostClasses: HostClasses): SoldSignature {
  const cache = new WeakMap<HostClass, Map<string, Demand | null>>();
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
    const byDemand = cache.get(empty) ?? new Map<string, Demand | null>();
    cache.set(empty, byDemand);
    const before = byDemand.get(demand.key);
    if (before !== undefined) return before;
    const own = find(empty, demand);
    byDemand.set(demand.key, own);
    return own;
  };
}
