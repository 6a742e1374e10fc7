import { createFleet, type FleetDecision } from "../fleet/fleet.ts";
import type { Request } from "../request/request.ts";
import { buildPlan } from "./build-plan.ts";
import { hostReasons, slotReasons } from "./choice-reasons.ts";
import type { HostState } from "./host-state.ts";
import { idealCost } from "./ideal.ts";
import { inventoryOf } from "./inventory/inventory.ts";
import { occupancyOf } from "./occupancy/plan-use.ts";
import type { Plan } from "./plan.ts";
import type { HostRefusal, Refusal } from "./refusal.ts";
import { awayReason } from "./refuse/reason.ts";
import { refuse } from "./refuse/refuse.ts";
import { placed } from "./search/layout-cost.ts";
import { type Found, search } from "./search/search.ts";
import { settledTopology } from "./settled.ts";
import { demandOf } from "./state/demand.ts";

export interface PlaceOptions {
  /** What is sold on these hosts: of equal placements the one is taken that leaves most of it. */
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
  const [only] = hosts;
  if (hosts.length === 1 && only !== undefined && flavors.length === 0 && without.size === 0) {
    const found = search(only, request);
    return found === null ? refusal(hosts, request, met) : planOn(only, found, request, []);
  }
  const offers = flavors.map((flavor) => ({ demand: demandOf(flavor), weight: 1 }));
  const members = hosts.map((host, i) => {
    const inventory = inventoryOf(settledTopology(host), host.policy);
    return { name: `${i}`, inventory, occupancy: occupancyOf(inventory, host.taken) };
  });
  const fleet = createFleet(members, offers);
  const decision = fleet.decide(request, { without, spread, explained: true });
  const host = decision === null ? undefined : hosts[Number(decision.host)];
  if (decision === null || host === undefined) return refusal(hosts, request, met);
  return planOn(host, decision.found, request, reasonsOf(decision, hosts, spread));
}

function planOn(host: HostState, found: Found, request: Request, more: readonly string[]): Plan {
  const own = found.model.cost(placed(found.best.cells));
  return buildPlan(host, found, idealCost(host, request) ?? own, more);
}

function reasonsOf(
  decision: FleetDecision,
  hosts: readonly HostState[],
  spread: boolean,
): readonly string[] {
  const nameOf = (member: string): string => hosts[Number(member)]?.topology.name ?? member;
  return [...slotReasons(decision), ...hostReasons(decision, nameOf, hosts.length, spread)];
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
      const shunned = met[i] ?? [];
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
