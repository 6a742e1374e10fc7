import { invariant } from "../invariant.ts";
import type { Occupancy } from "../placement/occupancy/occupancy.ts";
import type { State, States } from "../placement/host-class/host-classes.ts";
import type { Inventory } from "../placement/inventory/inventory.ts";
import { at, valueOf } from "../unit/list.ts";

/** A host: what it has, and who is on it. */
export interface HostOccupancy {
  readonly inventory: Inventory;
  readonly occupancy: Occupancy;
}

/** The hosts in one state, by the order in which the fleet got them. */
export interface StateEntry {
  readonly state: State;
  readonly hosts: readonly number[];
}

/** Which hosts are in which state. A host is known by its position: they are numbered as they come. */
export interface HostIndex {
  /** Returns the host's position. */
  readonly add: (host: HostOccupancy) => number;
  readonly remove: (position: number) => void;
  readonly at: (position: number) => HostOccupancy;
  /** Knows a host as it is now, in place of how it was. */
  readonly change: (position: number, host: HostOccupancy) => void;
  /** The states that hosts are in, in no order that means anything. */
  readonly entries: () => readonly StateEntry[];
  /** How many hosts in a state are not left out, and the first of them. */
  readonly open: (entry: StateEntry, without?: ReadonlySet<number>) => number;
  readonly first: (entry: StateEntry, without?: ReadonlySet<number>) => number | null;
}

/** Of hosts with occupancies from one book (`occupancy-book.ts`): states are known by them. */
export function hostIndex(states: States): HostIndex {
  const hosts: (HostOccupancy | null)[] = [];
  const members = stateMembers(states);
  const hostAt = (position: number): HostOccupancy => {
    const host = at(hosts, position);
    invariant(host !== null, `there is a host ${position}`);
    return host;
  };
  const isOpen =
    (without: ReadonlySet<number>) =>
    (position: number): boolean =>
      !without.has(position);
  return {
    add: (host) => {
      const position = hosts.push(host) - 1;
      members.enter(position, host);
      return position;
    },
    remove: (position) => {
      members.leave(position);
      hosts[position] = null;
    },
    at: hostAt,
    change: (position, host) => {
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
  readonly enter: (position: number, host: HostOccupancy) => void;
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
