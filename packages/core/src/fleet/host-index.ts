import { invariant } from "../invariant.ts";
import type { Occupancy } from "../placement/occupancy/occupancy.ts";
import type { HostClass, HostClasses } from "../placement/host-class/host-classes.ts";
import type { Inventory } from "../placement/inventory/inventory.ts";
import { at, valueOf } from "../unit/list.ts";

/** A host: what it has, and who is on it. */
export interface HostOccupancy {
  readonly inventory: Inventory;
  readonly occupancy: Occupancy;
}

/** The hosts in one host class, by the order in which the fleet got them. */
export interface HostClassEntry {
  readonly hostClass: HostClass;
  readonly hosts: readonly number[];
}

/** Which hosts are in which host class. A host is known by its position: they are numbered as they come. */
export interface HostIndex {
  /** Returns the host's position. */
  readonly add: (host: HostOccupancy) => number;
  readonly remove: (position: number) => void;
  readonly at: (position: number) => HostOccupancy;
  /** Knows a host as it is now, in place of how it was. */
  readonly change: (position: number, host: HostOccupancy) => void;
  /** The host classes that hosts are in, in no order that means anything. */
  readonly entries: () => readonly HostClassEntry[];
  /** How many hosts in a host class are not left out, and the first of them. */
  readonly open: (entry: HostClassEntry, without?: ReadonlySet<number>) => number;
  readonly first: (entry: HostClassEntry, without?: ReadonlySet<number>) => number | null;
}

/** Of hosts with occupancies from one book (`interning.ts`): host classes are known by them. */
export function hostIndex(hostClasses: HostClasses): HostIndex {
  const hosts: (HostOccupancy | null)[] = [];
  const members = hostClassMembers(hostClasses);
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

interface HostClassMembers {
  readonly enter: (position: number, host: HostOccupancy) => void;
  readonly leave: (position: number) => void;
  readonly entries: () => readonly HostClassEntry[];
}

function hostClassMembers(hostClasses: HostClasses): HostClassMembers {
  // Kept, for a book of host classes may forget one and make another of the same key.
  const classOf: HostClass[] = [];
  const known = new WeakMap<Occupancy, HostClass>();
  const members = new Map<HostClass, number[]>();
  let entries: HostClassEntry[] | null = null;
  return {
    enter: (position, { inventory, occupancy }) => {
      const hostClass = known.get(occupancy) ?? hostClasses.of(inventory, occupancy);
      known.set(occupancy, hostClass);
      classOf[position] = hostClass;
      const list = members.get(hostClass);
      if (list === undefined) {
        members.set(hostClass, [position]);
        entries = null;
      } else list.splice(firstAbove(list, position), 0, position);
    },
    leave: (position) => {
      const hostClass = at(classOf, position);
      const list = valueOf(members, hostClass);
      list.splice(firstAbove(list, position) - 1, 1);
      if (list.length > 0) return;
      members.delete(hostClass);
      entries = null;
    },
    entries: () => {
      entries ??= [...members].map(([hostClass, of]) => ({ hostClass, hosts: of }));
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
