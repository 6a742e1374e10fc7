import { contentionOf } from "../cost/contention/contention.ts";
import { type CostBasis, weakerBasis } from "../cost/path-cost.ts";
import { filledWith } from "./filled.ts";
import type { HostState } from "../plan/host-state.ts";
import type { Plan } from "../plan/plan.ts";
import type { Request } from "../request/request.ts";
import type { Locality } from "../request/virtual-machine.ts";
import { sum } from "../unit/sum.ts";
import { basisOf, slowdownOf } from "../forecast/forecast.ts";
import { neighboursOf } from "../forecast/neighbours.ts";

/**
 * What a locality gives and what it costs: how many VMs of a request a host holds under it, as it
 * is now, and how much longer each of them takes when all are there. It is found by placing one
 * after the other, as they would be admitted, until none fits.
 */
export interface LocalityPrice {
  readonly locality: Locality;
  readonly fits: number;
  /** Whether more may fit: the filling ends at its limit. */
  readonly more: boolean;
  /** Of all the VMs over the best place of the empty host, all memory local; null for no VMs. */
  readonly meanSlowdown: number | null;
  readonly leastSlowdown: number | null;
  readonly mostSlowdown: number | null;
  /** `unknown` too where none fits, so that there are no figures. */
  readonly basis: CostBasis;
}

/** The most VMs to place: on GPU hosts some dozens fit, and of the rest that many tell enough. */
const vmsMax = 32;

/** The price of the request's own locality and that of `strict`, which comes first. */
export function localityPrices(host: HostState, request: Request): readonly LocalityPrice[] {
  const localities = [...new Set<Locality>(["strict", request.locality])];
  return localities.map((locality) => priceOf(host, { ...request, locality }));
}

function priceOf(host: HostState, request: Request): LocalityPrice {
  const { plans: filled, more } = filledWith(host, request, vmsMax);
  const { slowdowns, basis } = slowdownsOf(host, filled);
  const [locality, fits] = [request.locality, filled.length];
  if (fits === 0) {
    const none = { meanSlowdown: null, leastSlowdown: null, mostSlowdown: null };
    return { locality, fits, more, ...none, basis: "unknown" };
  }
  return {
    locality,
    fits,
    more,
    meanSlowdown: Math.round((sum(slowdowns) / fits) * 1e4) / 1e4,
    leastSlowdown: Math.min(...slowdowns),
    mostSlowdown: Math.max(...slowdowns),
    basis,
  };
}

/** How long each of the new VMs takes once all of them are there, and what that is known by. */
function slowdownsOf(
  host: HostState,
  filled: readonly Plan[],
): { readonly slowdowns: readonly number[]; readonly basis: CostBasis } {
  const { machine, running, unknown } = neighboursOf({
    ...host,
    taken: [...host.taken, ...filled],
  });
  let basis: CostBasis = unknown.length > 0 ? "unknown" : "measured";
  const slowdowns = running.slice(running.length - filled.length).map((own) => {
    const others = running.filter((other) => other !== own).map(({ flows }) => flows);
    const contention = contentionOf(machine, own.flows, others);
    basis = weakerBasis(basis, basisOf(own, contention));
    return slowdownOf(own, contention);
  });
  return { slowdowns, basis };
}
