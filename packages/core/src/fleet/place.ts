import type { Request } from "../request/request.ts";
import { buildPlan } from "../placement/build-plan.ts";
import { impliedSoldFlavors } from "../placement/capacity/implied-flavors.ts";
import { demandOf } from "../placement/host-class/demand.ts";
import { idealCost } from "../placement/ideal.ts";
import { inventoryOf } from "../placement/inventory/inventory.ts";
import { placed } from "../placement/layout/layout.ts";
import { occupancyOf } from "../placement/occupancy/occupancy-of-host.ts";
import { isVmCalled } from "../guest/name.ts";
import { awayReason } from "../placement/refuse/reason.ts";
import { refuse } from "../placement/refuse/refuse.ts";
import { nodeList } from "../placement/refuse/ways.ts";
import { untoldOf } from "../placement/untold/untold.ts";
import { search } from "../placement/search/search.ts";
import type { HostState } from "../plan/host-state.ts";
import type { Plan } from "../plan/plan.ts";
import type { HostRefusal, Refusal } from "../plan/refusal.ts";
import { withSellablePages } from "../plan/sellable-pages.ts";
import { at } from "../unit/list.ts";
import { type SlowdownLimit, slowdownLimit, withoutOrbits } from "../forecast/slowdown-limit.ts";
import { type Slowed, slowedBy } from "./slowed.ts";
import { hostReasons, runnerUpSlots, slotReasons } from "./choice-reasons.ts";
import { hostChooser } from "./choose-host.ts";
import { planReasons } from "./plan-reasons.ts";

/** What a placement takes into account beside the hosts and the request. */
export interface PlaceOptions {
  /**
   * The flavors that these hosts sell: ties go to the placement that leaves most room for them.
   * Without any, each model is assumed to be sold one accelerator at a time, with its even share
   * (`capacity/implied-flavors.ts`).
   */
  readonly flavors?: readonly Request[];
  /** VMs that this one keeps away from, by any name: hosts with one of them are left out. */
  readonly awayFrom?: readonly string[];
  /**
   * Prefers, among equally good hosts, the one with the most room to the one with the least loss.
   */
  readonly preferEmptyHosts?: boolean;
  /**
   * Whether a host of which too little is known gets its causes and remedies too, as it does by
   * default. Whoever shows only what would have to be told saves the searches that try remedies.
   */
  readonly causesWhereUntold?: boolean;
}

/**
 * Places one request on the best of the hosts: by the objective that decides within a host, then by
 * the least loss, then by the order of the list. Hosts may share a name. It is refused only when no
 * host is known to hold it, with every cause on every host, and with what would have to be told
 * where too little is known to say that it does not fit.
 */
export function place(
  hosts: readonly HostState[],
  request: Request,
  options: PlaceOptions = {},
): Plan | Refusal {
  const { flavors = [], awayFrom = [], preferEmptyHosts = false } = options;
  const { causesWhereUntold = true } = options;
  const isAvoided = (plan: Plan): boolean => awayFrom.some((name) => isVmCalled(name, plan));
  const avoidedOn = hosts.map(({ taken }) => taken.filter(isAvoided));
  const inventories = hosts.map((host) => inventoryOf(withSellablePages(host), host.policy));
  const limits = hosts.map((host) => slowdownLimit(host, request));
  const given = flavors.map((flavor) => ({ demand: demandOf(flavor), weight: 1 }));
  const soldFlavors = given.length > 0 ? given : impliedSoldFlavors(inventories, request);
  const { index, decide } = hostChooser(soldFlavors);
  for (const [i, inventory] of inventories.entries()) {
    const host = at(hosts, i);
    const occupancy = occupancyOf(inventory, host);
    const limit = at(limits, i);
    if (limit === null) index.add({ inventory, occupancy });
    else index.add({ inventory: withoutOrbits(inventory), occupancy, accepts: limit.accepts });
  }
  const without = new Set(avoidedOn.flatMap((plans, i) => (plans.length > 0 ? [i] : [])));
  const choice = decide(demandOf(request), { without, preferEmptyHosts, explained: true });
  if (choice === null) {
    const slowedOn = hosts.map((host, i) => slowedBy(host, request, at(limits, i)));
    const untoldOn = hosts.map((host, i) =>
      at(avoidedOn, i).length > 0 || at(slowedOn, i) !== null ? [] : untoldOf(host, request),
    );
    const refused = hosts.map((host, i): HostRefusal => {
      const isAnswered = at(untoldOn, i).length === 0;
      return isAnswered || causesWhereUntold
        ? hostRefusal(host, request, at(avoidedOn, i), at(slowedOn, i))
        : { host: host.topology.name, ways: [], waysExhaustive: false, remedies: [] };
    });
    const untold = untoldOn.flat();
    return { apiVersion: "evenkeel/v1", kind: "Refusal", vm: request.name, hosts: refused, untold };
  }
  const { found } = choice;
  const host = at(hosts, choice.host);
  const ideal = idealCost(host, request) ?? found.model.cost(placed(found.best.cells));
  const names = hosts.map(({ topology }) => topology.name);
  const others = {
    names,
    refusalOf: (i: number) => firstCause(at(hosts, i), request, at(avoidedOn, i), at(limits, i)),
  };
  const reasons = [
    ...planReasons(found, ideal, runnerUpSlots(choice)),
    ...slotReasons(choice, flavors.length > 0),
    ...hostReasons(choice, others, preferEmptyHosts),
  ];
  return buildPlan(host, found, ideal, reasons);
}

/** The first cause of the nearest way, in words. */
function firstCause(
  host: HostState,
  request: Request,
  avoided: readonly Plan[],
  limit: SlowdownLimit | null,
): string {
  if (avoided.length > 0) return awayReason(request, avoided).message;
  const slowed = slowedBy(host, request, limit);
  if (slowed !== null) return slowed.reason.message;
  return at(at(refuse(host, request, { remedies: false }).ways, 0).reasons, 0).message;
}

/**
 * @param avoided the VMs on the host that the request keeps away from.
 * @param slowed that it fits, but for the host's limit on slowdowns.
 */
function hostRefusal(
  host: HostState,
  request: Request,
  avoided: readonly Plan[],
  slowed: Slowed | null,
): HostRefusal {
  if (slowed !== null) {
    const { nodes, reason, remedy } = slowed;
    const away = avoided.length === 0 ? [] : [awayReason(request, avoided)];
    return {
      host: host.topology.name,
      ways: [{ nodes, reasons: [...away, reason] }],
      waysExhaustive: true,
      remedies: away.length === 0 ? [remedy] : [],
    };
  }
  if (avoided.length === 0) return refuse(host, request);
  const away = awayReason(request, avoided);
  const found = search(host, request);
  if (found !== null) {
    const nodes = nodeList(found.best.cells.map(({ node }) => node));
    const ways = [{ nodes, reasons: [away] }];
    return { host: host.topology.name, ways, waysExhaustive: true, remedies: [] };
  }
  const refused = refuse(host, request);
  const ways = refused.ways.map(({ nodes, reasons }) => ({ nodes, reasons: [away, ...reasons] }));
  return { ...refused, ways };
}
