import { invariant } from "../invariant.ts";
import type { Occupancy } from "../placement/occupancy/occupancy.ts";
import type { State, States } from "../placement/host-class/host-classes.ts";
import { at, valueOf } from "../unit/list.ts";
import type { FleetHost } from "./fleet.ts";

/** The hosts in one state, by the order in which the fleet got them. */
export interface StateEntry {
  readonly state: State;
  readonly hosts: readonly number[];
}

/** Which hosts are in which state. */
export interface HostIndex {
  readonly add: (host: FleetHost) => void;
  readonly remove: (name: string) => void;
  readonly at: (position: number) => FleetHost;
  /** Knows a host as it is now, in place of how it was. */
  readonly change: (host: FleetHost) => void;
  /** The states that hosts are in, in no order that means anything. */
  readonly entries: () => readonly StateEntry[];
  /** How many hosts in a state are not left out, and the first of them. */
  readonly open: (entry: StateEntry, without?: ReadonlySet<string>) => number;
  readonly first: (entry: StateEntry, without?: ReadonlySet<string>) => number | null;
}

/** Of hosts with occupancies from one book (`occupancy-book.ts`): states are known by them. */
export function hostIndex(states: States): HostIndex {
  const hosts: (FleetHost | null)[] = [];
  const positions = new Map<string, number>();
  const members = stateMembers(states);
  const hostAt = (position: number): FleetHost => {
    const host = at(hosts, position);
    invariant(host !== null, `there is a host ${position}`);
    return host;
  };
  const isOpen =
    (without: ReadonlySet<string>) =>
    (position: number): boolean =>
      !without.has(hostAt(position).name);
  return {
    add: (host) => {
      const position = hosts.push(host) - 1;
      positions.set(host.name, position);
      members.enter(position, host);
    },
    remove: (name) => {
      const position = valueOf(positions, name);
      members.leave(position);
      hosts[position] = null;
      positions.delete(name);
    },
    at: hostAt,
    change: (host) => {
      const position = valueOf(positions, host.name);
      members.leave(position);
      hosts[position] = host;
      members.enter(position, host);
    },
    entries: members.entries,
    open: (entry, without) => {
      if (without === undefined || without.size === 0) return entry.hosts.length;
      return entry.hosts.filter(isOpen(without)).length;
    },
    first: (entry, without) => {
      if (without === undefined || without.size === 0) return entry.hosts[0] ?? null;
      return entry.hosts.find(isOpen(without)) ?? null;
    },
  };
}

interface StateMembers {
  readonly enter: (position: number, host: FleetHost) => void;
  readonly leave: (position: number) => void;
  readonly entries: () => readonly StateEntry[];
}

function stateMembers(states: States): StateMembers {
  // Kept, for a book of states may forget one and make another of the same key.
  const stateOf: State[] = [];
  const known = new WeakMap<Occupancy, State>();
  const members = new Map<State, number[]>();
  let entries: StateEntry[] | null = null;
  return {
    enter: (position, { inventory, occupancy }) => {
      const state = known.get(occupancy) ?? states.of(inventory, occupancy);
      known.set(occupancy, state);
      stateOf[position] = state;
      const list = members.get(state);
      if (list === undefined) {
        members.set(state, [position]);
        entries = null;
      } else list.splice(firstAbove(list, position), 0, position);
    },
    leave: (position) => {
      const state = at(stateOf, position);
      const list = valueOf(members, state);
      list.splice(firstAbove(list, position) - 1, 1);
      if (list.length > 0) return;
      members.delete(state);
      entries = null;
    },
    entries: () => {
      entries ??= [...members].map(([state, of]) => ({ state, hosts: of }));
      return entries;
    },
  };
}

/** Where in an ascending list the first number above `value` is. */
function firstAbove(list: readonly number[], value: number): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (at(list, middle) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
