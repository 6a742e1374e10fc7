import { compareCosts } from "../cost/compare-costs.ts";
import { invariant } from "../invariant.ts";
import type { Request } from "../request/request.ts";
import { slotCounter, type Slots } from "../placement/capacity/capacity.ts";
import type { SoldFlavor } from "../placement/capacity/loss.ts";
import { compareObjectives, fasterClasses, type Objective } from "../placement/layout/layout.ts";
import type { SearchResult } from "../placement/search/search.ts";
import type { Demand } from "../placement/host-class/demand.ts";
import { type HostClass, hostClassCache } from "../placement/host-class/host-classes.ts";
import { type HostIndex, hostIndex } from "./host-index.ts";
import { type ExplainedPlace, type HostPlace, hostPlaces } from "./host-place.ts";

export interface ChoiceOptions<Host> {
  /** Hosts to leave out: drained, or with a VM that this one must keep away from. */
  readonly without?: ReadonlySet<Host>;
  /**
   * Prefers, among equally good hosts, the one with the most room to the one with the least loss.
   */
  readonly preferEmptyHosts?: boolean;
  /** Whether reasons are wanted too: the runner-up on the host, and the slots. */
  readonly explained?: boolean;
}

/** The host and the place for a request. `exact` covers all hosts that were compared. */
export interface HostChoice<Host> extends ExplainedPlace {
  readonly host: Host;
  /** The number of host classes, and of hosts that are as good, itself included. */
  readonly hostClasses: number;
  readonly equals: number;
  /** The best host that is not as good, the first of several; null where there is none. */
  readonly nextHost: RankedHost<Host> | null;
}

/** What hosts are compared by. */
export interface RankedHost<Host> {
  readonly host: Host;
  readonly objective: Objective;
  readonly loss: number;
  /** Free accelerators on the nodes of a VM that asks for none. */
  readonly freeAcceleratorsOnNodes: number;
  /** How many classes of its cores are faster than those that the VM would get. */
  readonly fasterClasses: number;
  /** How many VMs of the request fit there; 0 unless hosts with room are preferred. */
  readonly room: number;
}

/** Chooses hosts, with the index of hosts by class and the count of slots that it uses. */
export interface HostChooser {
  readonly index: HostIndex;
  readonly countSlots: (hostClass: HostClass, demand: Demand) => Slots;
  readonly decide: (demand: Demand, options: ChoiceOptions<number>) => HostChoice<number> | null;
}

/**
 * The most layouts to try for one count of slots. They suffice for certainty on machines of two
 * nodes, whatever is sold; on eight nodes, odd flavors leave more than ten times as many choices.
 */
const countLayoutsMax = 1 << 9;

/** Makes a chooser for hosts that sell these flavors; hosts are added to its index. */
export function hostChooser(soldFlavors: readonly SoldFlavor[]): HostChooser {
  const hostClasses = hostClassCache();
  const countSlots = slotCounter(hostClasses, countLayoutsMax);
  const index = hostIndex(hostClasses);
  const places = hostPlaces(hostClasses, countSlots, soldFlavors);
  const decide = (demand: Demand, options: ChoiceOptions<number>): HostChoice<number> | null => {
    const { without, preferEmptyHosts = false, explained = false } = options;
    const entries = index.entries();
    const bestPlace = places.best(demand);
    let best: Candidate | null = null;
    let next: Candidate | null = null;
    let equals = 0;
    let exact = true;
    for (const entry of entries) {
      const { hostClass } = entry;
      const { accepts } = entry;
      const place = bestPlace(accepts === undefined ? hostClass : { ...hostClass, accepts });
      const host = place && index.first(entry, without);
      if (place === null || host === null) continue;
      const room = preferEmptyHosts ? countSlots(hostClass, demand) : { slots: 0, exact: true };
      const candidate = { place, host, room: room.slots };
      exact &&= place.exact && room.exact;
      const merit = best === null ? -1 : compareMerit(candidate, best);
      if (merit < 0) [next, equals] = [best, 0];
      else if (merit > 0 && (next === null || isBefore(candidate, next))) next = candidate;
      if (merit <= 0) equals += index.countAvailable(entry, without);
      if (best === null || isBefore(candidate, best)) best = candidate;
    }
    if (best === null) return null;
    const host = index.at(best.host);
    const place = explained ? places.explained(host, demand.request) : bestPlace(host, best.place);
    invariant(place !== null, `host ${best.host} takes the request as its host class does`);
    return {
      slots: [],
      runnerUpSlots: [],
      ...place,
      found: withRequest(place.found, demand.request),
      host: best.host,
      exact,
      hostClasses: entries.length,
      equals,
      nextHost: next && rankedHost(next),
    };
  };
  return { index, countSlots, decide };
}

/** A result that may be cached from another request of the demand, with this request. */
function withRequest({ space, ...found }: SearchResult, request: Request): SearchResult {
  return { ...found, space: { ...space, request } };
}

interface Candidate {
  readonly place: HostPlace;
  readonly host: number;
  readonly room: number;
}

function rankedHost({ place, host, room }: Candidate): RankedHost<number> {
  const { loss, freeAcceleratorsOnNodes, found } = place;
  return {
    host,
    objective: found.best.objective,
    loss,
    freeAcceleratorsOnNodes,
    fasterClasses: fasterClasses(found.best),
    room,
  };
}

/** The comparison of hosts without their order: 0 for equally good hosts. */
function compareMerit(a: Candidate, b: Candidate): number {
  return (
    compareObjectives(a.place.found.best.objective, b.place.found.best.objective) ||
    b.room - a.room ||
    compareCosts(a.place.loss, b.place.loss) ||
    a.place.freeAcceleratorsOnNodes - b.place.freeAcceleratorsOnNodes ||
    fasterClasses(a.place.found.best) - fasterClasses(b.place.found.best)
  );
}

/** Whether a host is better, or as good and earlier in the fleet. */
function isBefore(a: Candidate, b: Candidate): boolean {
  return (compareMerit(a, b) || a.host - b.host) < 0;
}
