import { compareCosts } from "../cost/compare-costs.ts";
import { invariant } from "../invariant.ts";
import type { Request } from "../request/request.ts";
import { slotCounter, type Slots } from "../placement/capacity/capacity.ts";
import type { SoldFlavor } from "../placement/capacity/loss.ts";
import { compareObjectives, type Objective } from "../placement/layout/layout.ts";
import type { SearchResult } from "../placement/search/search.ts";
import type { Demand } from "../placement/host-class/demand.ts";
import { type HostClass, hostClassCache } from "../placement/host-class/host-classes.ts";
import { type HostIndex, hostIndex } from "./host-index.ts";
import { type ExplainedPlace, type HostPlace, hostPlaces } from "./host-place.ts";

export interface ChoiceOptions<Host> {
  /** Hosts that are out of the question: drained, or with a VM that this one must keep away from. */
  readonly without?: ReadonlySet<Host>;
  /** Among equally good hosts the one with the most room, instead of the one where least is lost. */
  readonly preferEmptyHosts?: boolean;
  /** Whether the reasons are wanted too: the runner-up on the host, the slots. */
  readonly explained?: boolean;
}

/** Where a request goes: what the fleet loses is what the host does, over all hosts as certain. */
export interface HostChoice<Host> extends ExplainedPlace {
  readonly host: Host;
  /** In how many different host classes hosts were, and how many hosts were as good, itself included. */
  readonly hostClasses: number;
  readonly equals: number;
  /** The first of the best of the hosts that are not as good; null where there is none. */
  readonly nextHost: RankedHost<Host> | null;
}

/** What a host was judged by. */
export interface RankedHost<Host> {
  readonly host: Host;
  readonly objective: Objective;
  readonly loss: number;
  /** How many free accelerators a VM without any has on its nodes. */
  readonly freeAcceleratorsOnNodes: number;
  /** How many VMs of the request fit there, where hosts with room are preferred; else 0. */
  readonly room: number;
}

/** The hosts by the host classes that they are in, and what is known of those. */
export interface HostChooser {
  readonly index: HostIndex;
  readonly countSlots: (hostClass: HostClass, demand: Demand) => Slots;
  readonly decide: (demand: Demand, options: ChoiceOptions<number>) => HostChoice<number> | null;
}

/**
 * For each count of slots, in layouts. It is enough for certainty on machines of two nodes, whatever is
 * sold on them; on eight, odd flavors leave more to choose than ten times as many would try.
 */
const countLayoutsMax = 1 << 9;

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
      const place = bestPlace(hostClass.inventory, hostClass.occupancy);
      const host = place && index.first(entry, without);
      if (place === null || host === null) continue;
      const room = preferEmptyHosts ? countSlots(hostClass, demand) : { slots: 0, exact: true };
      const candidate = { place, host, room: room.slots };
      exact &&= place.exact && room.exact;
      const merit = best === null ? -1 : compareMerit(candidate, best);
      if (merit < 0) [next, equals] = [best, 0];
      else if (merit > 0 && (next === null || isBefore(candidate, next))) next = candidate;
      if (merit <= 0) equals += index.open(entry, without);
      if (best === null || isBefore(candidate, best)) best = candidate;
    }
    if (best === null) return null;
    const { inventory, occupancy } = index.at(best.host);
    const place = explained
      ? places.explained(inventory, occupancy, demand.request)
      : bestPlace(inventory, occupancy, best.place);
    invariant(
      place !== null,
      `host ${best.host} is in a hostClass that takes the request, and refuses it`,
    );
    return {
      slots: [],
      runnerUpSlots: [],
      ...place,
      found: askedFor(place.found, demand.request),
      host: best.host,
      exact,
      hostClasses: entries.length,
      equals,
      nextHost: next && rankedHost(next),
    };
  };
  return { index, countSlots, decide };
}

/** What may have been found for another request that is answered alike. */
function askedFor({ space, ...found }: SearchResult, request: Request): SearchResult {
  return { ...found, space: { ...space, request } };
}

interface Candidate {
  readonly place: HostPlace;
  readonly host: number;
  readonly room: number;
}

function rankedHost({ place, host, room }: Candidate): RankedHost<number> {
  const { loss, freeAcceleratorsOnNodes, found } = place;
  return { host, objective: found.best.objective, loss, freeAcceleratorsOnNodes, room };
}

/** Of equal merit is whatever only the order of the hosts tells apart. */
function compareMerit(a: Candidate, b: Candidate): number {
  return (
    compareObjectives(a.place.found.best.objective, b.place.found.best.objective) ||
    b.room - a.room ||
    compareCosts(a.place.loss, b.place.loss) ||
    a.place.freeAcceleratorsOnNodes - b.place.freeAcceleratorsOnNodes
  );
}

/** Of equal merit the host that the fleet got first. */
function isBefore(a: Candidate, b: Candidate): boolean {
  return (compareMerit(a, b) || a.host - b.host) < 0;
}
