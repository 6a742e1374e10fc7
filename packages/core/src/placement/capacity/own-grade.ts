import { layoutSignature } from "../layout/layout-signature.ts";
import { type Demand, demandOf } from "../host-class/demand.ts";
import type { State, States } from "../host-class/host-classes.ts";

/** The demand for a flavor's own grade on hosts of one kind; null where such a host holds none. */
export type OwnGrade = (state: State, demand: Demand) => Demand | null;

/**
 * Of what class a flavor's VMs are sold on a kind of machine: of the signature that it has been
 * pinned to, else of the one that its first VM on an empty host gets. Slots are counted in it, for a
 * place that a flavor could be squeezed into is none that it can be sold on.
 */
export function ownGrades(states: States): OwnGrade {
  const known = new WeakMap<State, Map<string, Demand | null>>();
  const find = (empty: State, demand: Demand): Demand | null => {
    const { request, only } = demand;
    const pinned = only ?? request.signature;
    if (pinned !== null) return demandOf(request, pinned);
    const best = states.best(empty, demand);
    if (best === null) return null;
    const offered = states.space(empty, demand);
    return demandOf(request, layoutSignature(offered, best.layout).signature);
  };
  return (state, demand) => {
    const empty = states.emptied(state);
    const ofKind = known.get(empty) ?? new Map<string, Demand | null>();
    known.set(empty, ofKind);
    const before = ofKind.get(demand.key);
    if (before !== undefined) return before;
    const own = find(empty, demand);
    ofKind.set(demand.key, own);
    return own;
  };
}
