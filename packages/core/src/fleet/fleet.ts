import type { Request } from "../request/request.ts";
import { capacities } from "../placement/capacity/capacity.ts";
import { type LossOf, lossOf, type Offer } from "../placement/capacity/loss.ts";
import type { Inventory } from "../placement/inventory/inventory.ts";
import { useOfLayout } from "../placement/occupancy/layout-use.ts";
import { occupied, type Occupancy, type Use, vacated } from "../placement/occupancy/occupancy.ts";
import { compareObjectives, type Layout, type Objective } from "../placement/search/layout.ts";
import { type Found, searchSpace } from "../placement/search/search.ts";
import { spaceFor } from "../placement/space/space.ts";
import { type Demand, demandOf } from "../placement/state/demand.ts";
import { type State, stateBook, type States } from "../placement/state/states.ts";
import { hostIndex, type StateEntry } from "./host-index.ts";

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
}

/** Where a request goes. */
export interface FleetDecision {
  readonly host: string;
  readonly found: Found;
  readonly use: Use;
  /** What the fleet can sell less of afterwards (`capacity/loss.ts`). */
  readonly loss: number;
  /** In how many different states hosts were, and how many hosts were as good. */
  readonly states: number;
  readonly equals: number;
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
  /** How many more VMs of a request fit, in its signature where it has one. */
  readonly capacity: (request: Request) => number;
  /** The states that hosts are in, with the names of those that are. */
  readonly states: () => readonly { readonly state: State; readonly hosts: readonly string[] }[];
}

/** @param offers what is sold on this fleet, so that placements keep it sellable. */
export function createFleet(hosts: Iterable<FleetHost>, offers: readonly Offer[]): Fleet {
  const states = stateBook();
  const capacity = capacities(states);
  const index = hostIndex(states);
  for (const host of hosts) index.add(host);
  const places = placer(states, lossOf(states, capacity, offers), offers.length > 0);
  const answers = new WeakMap<State, Map<string, Judged | null>>();
  const judge = (state: State, demand: Demand): Judged | null => {
    const known = answers.get(state) ?? new Map<string, Judged | null>();
    answers.set(state, known);
    const before = known.get(demand.key);
    if (before !== undefined) return before;
    const place = places(state.inventory, state.occupancy, demand.request);
    const answer = place && { objective: place.found.best.objective, loss: place.loss };
    known.set(demand.key, answer);
    return answer;
  };
  const change = (name: string, by: typeof occupied, use: Use): void => {
    const host = index.named(name);
    if (host !== null) index.change(name, by(host.inventory, host.occupancy, use));
  };
  return {
    decide: (request, { without, spread = false } = {}) => {
      const demand = demandOf(request);
      const entries = index.entries();
      let best: Candidate | null = null;
      for (const entry of entries) {
        const judged = judge(entry.state, demand);
        const host = judged && index.first(entry, without);
        if (judged === null || host === null) continue;
        const room = spread ? capacity(entry.state, demand) : 0;
        const candidate = { entry, judged, host, room };
        if (best === null || compareCandidates(candidate, best) < 0) best = candidate;
      }
      if (best === null) return null;
      const { name, inventory, occupancy } = index.at(best.host);
      const place = places(inventory, occupancy, request, best.judged);
      if (place === null) return null;
      const { found, use, loss } = place;
      return {
        host: name,
        found,
        use,
        loss,
        states: entries.length,
        equals: best.entry.hosts.length,
      };
    },
    take: (name, use) => change(name, occupied, use),
    release: (name, use) => change(name, vacated, use),
    host: index.named,
    add: index.add,
    remove: index.remove,
    capacity: (request) => {
      const demand = demandOf(request);
      const counts = index
        .entries()
        .map(({ state, hosts: of }) => of.length * capacity(state, demand));
      return counts.reduce((a, b) => a + b, 0);
    },
    states: () =>
      index.entries().map(({ state, hosts: of }) => {
        return { state, hosts: of.map((position) => index.at(position).name) };
      }),
  };
}

interface Place {
  readonly found: Found;
  readonly use: Use;
  readonly loss: number;
}

/** The best place on one host, by its objective and by what is lost. */
function placer(
  states: States,
  loss: LossOf,
  isSelling: boolean,
): (inventory: Inventory, occupancy: Occupancy, request: Request, known?: Judged) => Place | null {
  return (inventory, occupancy, request, known) => {
    const space = spaceFor(inventory, occupancy, request);
    const before = states.of(inventory, occupancy);
    const lost = (layout: Layout): number => {
      const use = useOfLayout(space, layout.cells);
      return loss(before, states.of(inventory, occupied(inventory, occupancy, use)));
    };
    const found = searchSpace(space, isSelling ? { loss: lost, known } : { known });
    if (found === null) return null;
    const use = useOfLayout(space, found.best.cells);
    return { found, use, loss: isSelling ? lost(found.best) : 0 };
  };
}

interface Candidate {
  readonly entry: StateEntry;
  readonly judged: Judged;
  readonly host: number;
  readonly room: number;
}

function compareCandidates(a: Candidate, b: Candidate): number {
  const lost = a.judged.loss - b.judged.loss;
  return (
    compareObjectives(a.judged.objective, b.judged.objective) ||
    b.room - a.room ||
    (Math.abs(lost) < 1e-9 ? 0 : lost) ||
    a.host - b.host
  );
}

interface Judged {
  readonly objective: Objective;
  readonly loss: number;
}
