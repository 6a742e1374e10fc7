import { compareCosts } from "../cost/compare-costs.ts";
import { EvenkeelError } from "../error/evenkeel-error.ts";
import { invariant } from "../invariant.ts";
import type { Request } from "../request/request.ts";
import { boundedCapacities, type Slots } from "../placement/capacity/capacity.ts";
import type { Offer } from "../placement/capacity/loss.ts";
import type { Inventory } from "../placement/inventory/inventory.ts";
import { occupied, type Occupancy, type Use, vacated } from "../placement/occupancy/occupancy.ts";
import { occupancyBook } from "../placement/occupancy/occupancy-book.ts";
import { compareObjectives, type Objective } from "../placement/layout/layout.ts";
import type { Found } from "../placement/search/search.ts";
import { type Demand, demandOf } from "../placement/host-class/demand.ts";
import { type State, stateBook } from "../placement/host-class/host-classes.ts";
import { type HostIndex, hostIndex } from "./host-index.ts";
import { type ExplainedPlace, type HostPlace, hostPlaces } from "./host-place.ts";

/** A host of a fleet: what it has, and who is on it. */
export interface FleetHost {
  readonly name: string;
  readonly inventory: Inventory;
  readonly occupancy: Occupancy;
}

export interface FleetOptions {
  /** Hosts that are out of the question: drained, or with a VM that this one must keep away from. */
  readonly without?: ReadonlySet<string>;
  /** Among equally good hosts the one with the most room, instead of the one where least is lost. */
  readonly spread?: boolean;
  /** Whether the reasons are wanted too: the runner-up on the host, the slots. */
  readonly explained?: boolean;
}

/** Where a request goes: what the fleet loses is what the host does, over all hosts as certain. */
export interface FleetDecision extends ExplainedPlace {
  readonly host: string;
  /** In how many different states hosts were, and how many hosts were as good, itself included. */
  readonly states: number;
  readonly equals: number;
  /** The first of the best of the hosts that are not as good; null where there is none. */
  readonly nextHost: RankedHost | null;
}

/** What a host was judged by. */
export interface RankedHost {
  readonly host: string;
  readonly objective: Objective;
  readonly loss: number;
  /** How many free accelerators a VM without any has on its nodes. */
  readonly beside: number;
  /** How many VMs of the request fit there, where hosts with room are preferred; else 0. */
  readonly room: number;
}

/**
 * A fleet of hosts on which VMs come and go.
 *
 * The choice of the host is exact, by the objective that decides within a host, and then by the
 * least loss of what the fleet could still sell. VMs do not span hosts, so what the fleet loses is
 * what the host loses; and hosts in the same state give the same answer. So every state is asked
 * once, what it answers is kept, and a decision costs what the number of states costs that hosts
 * are in, whatever the number of hosts.
 */
export interface Fleet {
  /** Where the request is best placed; null when no host can take it. Changes nothing. */
  readonly decide: (request: Request, options?: FleetOptions) => FleetDecision | null;
  /** Puts a VM on a host, or takes one from it that was there. */
  readonly take: (host: string, use: Use) => void;
  readonly release: (host: string, use: Use) => void;
  readonly host: (name: string) => FleetHost | null;
  readonly add: (host: FleetHost) => void;
  readonly remove: (name: string) => void;
  /**
   * How many more VMs of a request fit, in its signature where it has one, or in `only` that one:
   * so many at least where there are more choices than can be tried (`boundedCapacities`).
   */
  readonly capacity: (request: Request, only?: string | null) => number;
  /** The states that hosts are in, with the names of those that are. */
  readonly states: () => readonly { readonly state: State; readonly hosts: readonly string[] }[];
}

/** @param offers what is sold on this fleet, so that placements keep it sellable. */
export function createFleet(hosts: Iterable<FleetHost>, offers: readonly Offer[]): Fleet {
  const all = new Map<string, FleetHost>();
  const { index, counted, decide } = fleetView(offers);
  const shared = occupancyBook();
  const known = (name: string): FleetHost => {
    const host = all.get(name);
    if (host === undefined) throw unknownHost(name);
    return host;
  };
  const add = ({ name, inventory, occupancy }: FleetHost): void => {
    if (all.has(name)) throw knownHost(name);
    const host = { name, inventory, occupancy: shared(inventory, occupancy) };
    all.set(name, host);
    index.add(host);
  };
  for (const host of hosts) add(host);
  const change = (name: string, by: typeof occupied, use: Use): void => {
    const host = known(name);
    const { inventory, occupancy } = host;
    const after = { ...host, occupancy: shared(inventory, by(inventory, occupancy, use)) };
    all.set(name, after);
    index.change(after);
  };
  return {
    decide: (request, options = {}) => decide(demandOf(request), options),
    take: (name, use) => change(name, occupied, use),
    release: (name, use) => change(name, vacated, use),
    host: (name) => all.get(name) ?? null,
    add,
    remove: (name) => {
      known(name);
      all.delete(name);
      index.remove(name);
    },
    capacity: (request, only = null) => {
      const demand = demandOf(request, only);
      const counts = index
        .entries()
        .map(({ state, hosts: of }) => of.length * counted(state, demand).slots);
      return counts.reduce((a, b) => a + b, 0);
    },
    states: () =>
      index.entries().map(({ state, hosts: of }) => {
        return { state, hosts: of.map((position) => index.at(position).name) };
      }),
  };
}

/** The hosts by the states that they are in, and what is known of those. */
interface FleetView {
  readonly index: HostIndex;
  readonly counted: (state: State, demand: Demand) => Slots;
  readonly decide: (demand: Demand, options: FleetOptions) => FleetDecision | null;
}

/**
 * For each count of slots, in layouts. It is enough for certainty on machines of two nodes, whatever is
 * sold on them; on eight, odd flavors leave more to choose than ten times as many would try.
 */
const countStepsMax = 1 << 9;

function fleetView(offers: readonly Offer[]): FleetView {
  const states = stateBook();
  const counted = boundedCapacities(states, countStepsMax);
  const index = hostIndex(states);
  const places = hostPlaces(states, counted, offers);
  const decide = (demand: Demand, options: FleetOptions): FleetDecision | null => {
    const { without, spread = false, explained = false } = options;
    const entries = index.entries();
    const bestPlace = places.best(demand);
    let best: Candidate | null = null;
    let next: Candidate | null = null;
    let equals = 0;
    let exact = true;
    for (const entry of entries) {
      const { state } = entry;
      const place = bestPlace(state.inventory, state.occupancy);
      const host = place && index.first(entry, without);
      if (place === null || host === null) continue;
      const room = spread ? counted(state, demand) : { slots: 0, exact: true };
      const candidate = { place, host, room: room.slots };
      exact &&= place.exact && room.exact;
      const merit = best === null ? -1 : compareMerit(candidate, best);
      if (merit < 0) [next, equals] = [best, 0];
      else if (merit > 0 && (next === null || isBefore(candidate, next))) next = candidate;
      if (merit <= 0) equals += index.open(entry, without);
      if (best === null || isBefore(candidate, best)) best = candidate;
    }
    if (best === null) return null;
    const { name, inventory, occupancy } = index.at(best.host);
    const place = explained
      ? places.explained(inventory, occupancy, demand.request)
      : bestPlace(inventory, occupancy, best.place);
    invariant(place !== null, `${name} is in a state that takes the request, and refuses it`);
    return {
      slots: [],
      runnerUpSlots: [],
      ...place,
      found: askedFor(place.found, demand.request),
      host: name,
      exact,
      states: entries.length,
      equals,
      nextHost: next && rankedHost(next, index.at(next.host).name),
    };
  };
  return { index, counted, decide };
}

/** What may have been found for another request that is answered alike. */
function askedFor({ space, ...found }: Found, request: Request): Found {
  return { ...found, space: { ...space, request } };
}

interface Candidate {
  readonly place: HostPlace;
  readonly host: number;
  readonly room: number;
}

function rankedHost({ place, room }: Candidate, host: string): RankedHost {
  const { loss, beside, found } = place;
  return { host, objective: found.best.objective, loss, beside, room };
}

/** Of equal merit is whatever only the order of the hosts tells apart. */
function compareMerit(a: Candidate, b: Candidate): number {
  return (
    compareObjectives(a.place.found.best.objective, b.place.found.best.objective) ||
    b.room - a.room ||
    compareCosts(a.place.loss, b.place.loss) ||
    a.place.beside - b.place.beside
  );
}

/** Of equal merit the host that the fleet got first. */
function isBefore(a: Candidate, b: Candidate): boolean {
  return (compareMerit(a, b) || a.host - b.host) < 0;
}

function unknownHost(name: string): EvenkeelError {
  return new EvenkeelError("host-unknown", `the fleet has no host "${name}"`, {
    where: "fleet",
    expected: "the name of a host of the fleet",
    remedy: "add the host first",
  });
}

function knownHost(name: string): EvenkeelError {
  return new EvenkeelError("host-duplicate", `the fleet has two hosts "${name}"`, {
    where: "fleet",
    expected: "one host of each name",
    remedy: "give every host a name of its own",
  });
}
