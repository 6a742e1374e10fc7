import { EvenkeelError } from "../error/evenkeel-error.ts";
import type { Occupancy } from "../placement/occupancy/occupancy.ts";
import type { State, States } from "../placement/state/states.ts";
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
  readonly named: (name: string) => FleetHost | null;
  readonly at: (position: number) => FleetHost;
  /** With another occupancy. Throws `host-unknown` where there is no such host. */
  readonly change: (name: string, occupancy: Occupancy | undefined) => void;
  /** The states that hosts are in, in no order that means anything. */
  readonly entries: () => readonly StateEntry[];
  /** How many hosts in a state are not left out, and the first of them. */
  readonly open: (entry: StateEntry, without?: ReadonlySet<string>) => number;
  readonly first: (entry: StateEntry, without?: ReadonlySet<string>) => number | null;
}

export function hostIndex(states: States): HostIndex {
  const hosts: (FleetHost | null)[] = [];
  // Kept, for a book of states may forget one and make another of the same key.
  const stateOf: State[] = [];
  const positions = new Map<string, number>();
  const members = new Map<State, number[]>();
  let entries: StateEntry[] | null = null;

  const enter = (position: number, { inventory, occupancy }: FleetHost): void => {
    const state = states.of(inventory, occupancy);
    stateOf[position] = state;
    const list = members.get(state);
    if (list === undefined) {
      members.set(state, [position]);
      entries = null;
    } else list.splice(firstAbove(list, position), 0, position);
  };
  const leave = (position: number): void => {
    const state = stateOf[position];
    const list = state && members.get(state);
    if (state === undefined || list === undefined) return;
    list.splice(firstAbove(list, position) - 1, 1);
    if (list.length > 0) return;
    members.delete(state);
    entries = null;
  };
  const isOpen =
    (without: ReadonlySet<string>) =>
    (position: number): boolean =>
      !without.has(hosts[position]?.name ?? "");
  const found = (name: string): readonly [number, FleetHost] => {
    const position = positions.get(name) ?? -1;
    const host = hosts[position] ?? null;
    if (host === null) throw unknownHost(name);
    return [position, host];
  };
  return {
    add: (host) => {
      if (positions.has(host.name)) throw knownHost(host.name);
      const position = hosts.push(host) - 1;
      positions.set(host.name, position);
      enter(position, host);
    },
    remove: (name) => {
      const [position] = found(name);
      leave(position);
      hosts[position] = null;
      positions.delete(name);
    },
    named: (name) => hosts[positions.get(name) ?? -1] ?? null,
    at: (position) => hosts[position] ?? found(`host ${position}`)[1],
    change: (name, occupancy) => {
      const [position, host] = found(name);
      const after = { ...host, occupancy: occupancy ?? host.occupancy };
      leave(position);
      hosts[position] = after;
      enter(position, after);
    },
    entries: () => {
      entries ??= [...members].map(([state, of]) => ({ state, hosts: of }));
      return entries;
    },
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

/** Where in an ascending list the first number above `value` is. */
function firstAbove(list: readonly number[], value: number): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((list[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
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
