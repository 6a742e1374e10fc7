import { createFleet } from "./fleet.ts";
import type { Request } from "../request/request.ts";
import { at } from "../unit/list.ts";
import { buildPlan } from "../placement/build-plan.ts";
import { impliedOffers } from "../placement/capacity/implied-flavors.ts";
import { hostReasons, runnerUpSlots, slotReasons } from "./choice-reasons.ts";
import type { HostState } from "../plan/host-state.ts";
import { idealCost } from "../placement/ideal.ts";
import { inventoryOf } from "../placement/inventory/inventory.ts";
import { occupancyOf } from "../placement/occupancy/plan-use.ts";
import type { Plan } from "../plan/plan.ts";
import type { HostRefusal, Refusal } from "../plan/refusal.ts";
import { awayReason } from "../placement/refuse/reason.ts";
import { refuse } from "../placement/refuse/refuse.ts";
import { placed } from "../placement/layout/layout.ts";
import { search } from "../placement/search/search.ts";
import { settledTopology } from "../plan/settled.ts";
import { demandOf } from "../placement/host-class/demand.ts";

/** What a placement takes into account beside the hosts and the request. */
export interface PlaceOptions {
  /**
   * What is sold on these hosts: of equal placements the one is taken that leaves most of it. Without
   * any it is one accelerator of each model with its even share (`capacity/implied-flavors.ts`).
   */
  readonly flavors?: readonly Request[];
  /** VMs that this one keeps away from: no host that has one of them is taken. */
  readonly awayFrom?: readonly string[];
  /** Of equally good hosts the one with the most room, instead of the one where least is lost. */
  readonly spread?: boolean;
}

/**
 * Places one request on one of the hosts: on the one where it is best by the same objective that
 * decides within a host, then where it costs the future least, then the earlier in the list.
 * Refused only when no host can hold it, with every cause on every host.
 */
export function place(
  hosts: readonly HostState[],
  request: Request,
  options: PlaceOptions = {},
): Plan | Refusal {
  const { flavors = [], awayFrom = [], spread = false } = options;
  const shunned = new Set(awayFrom);
  const met = hosts.map(({ taken }) => taken.filter(({ vm }) => shunned.has(vm)));
  const without = new Set(met.flatMap((plans, i) => (plans.length > 0 ? [`${i}`] : [])));
  const members = hosts.map((host, i) => {
    const inventory = inventoryOf(settledTopology(host), host.policy);
    return { name: `${i}`, inventory, occupancy: occupancyOf(inventory, host.taken) };
  });
  const inventories = members.map(({ inventory }) => inventory);
  const given = flavors.map((flavor) => ({ demand: demandOf(flavor), weight: 1 }));
  const offers = given.length > 0 ? given : impliedOffers(inventories, request);
  const decision = createFleet(members, offers).decide(request, {
    without,
    spread,
    explained: true,
  });
  const host = decision === null ? undefined : hosts[Number(decision.host)];
  if (decision === null || host === undefined) return refusal(hosts, request, met);
  const nameOf = (member: string): string => at(hosts, Number(member)).topology.name;
  const reasons = {
    runnerUp: runnerUpSlots(decision),
    others: [
      ...slotReasons(decision, flavors.length > 0),
      ...hostReasons(decision, nameOf, hosts.length, spread),
    ],
  };
  const own = decision.found.model.cost(placed(decision.found.best.cells));
  return buildPlan(host, decision.found, idealCost(host, request) ?? own, reasons);
}

/** @param met of each host, the VMs on it that the request keeps away from. */
function refusal(
  hosts: readonly HostState[],
  request: Request,
  met: readonly (readonly Plan[])[],
): Refusal {
  return {
    apiVersion: "evenkeel/v1",
    kind: "Refusal",
    vm: request.name,
    hosts: hosts.map((host, i): HostRefusal => {
      const shunned = at(met, i);
      if (shunned.length === 0) return refuse(host, request);
      const reasons = [awayReason(request, shunned)];
      if (search(host, request) !== null) {
        return { host: host.topology.name, reasons, remedies: [] };
      }
      const others = refuse(host, request);
      return { ...others, reasons: [...reasons, ...others.reasons] };
    }),
  };
}
