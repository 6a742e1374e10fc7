import { invariant } from "../invariant.ts";
import type { Occupancy } from "../placement/occupancy/occupancy.ts";
import type { HostClass, HostClasses } from "../placement/host-class/host-classes.ts";
import type { Layout } from "../placement/layout/layout.ts";
import type { Inventory } from "../placement/inventory/inventory.ts";
import { at, valueOf } from "../unit/list.ts";

/** A host: its inventory and its occupancy. */
export interface HostOccupancy {
  readonly inventory: Inventory;
  readonly occupancy: Occupancy;
  /**
   * Which layouts the host takes, where its neighbours count: then it is a class of its own, and no
   * two of its devices are interchangeable in its inventory.
   */
  readonly accepts?: ((layout: Layout) => boolean) | undefined;
}

/** The hosts of one class, in the order in which they were added. */
export interface HostClassEntry {
  readonly hostClass: HostClass;
  readonly hosts: readonly number[];
  /** Which layouts the only host of the class takes, where its neighbours count. */
  readonly accepts?: HostOccupancy["accepts"];
}

/** An index of hosts by host class. Hosts are known by position, numbered as they are added. */
export interface HostIndex {
  /** Returns the host's position. */
  readonly add: (host: HostOccupancy) => number;
  readonly remove: (position: number) => void;
  readonly at: (position: number) => HostOccupancy;
  /** Replaces a host's occupancy. */
  readonly change: (position: number, host: HostOccupancy) => void;
  /** The host classes that hosts are in, in no particular order. */
  readonly entries: () => readonly HostClassEntry[];
  /** How many hosts of a class are not left out, and the first of them. */
  readonly countAvailable: (entry: HostClassEntry, without?: ReadonlySet<number>) => number;
  readonly first: (entry: HostClassEntry, without?: ReadonlySet<number>) => number | null;
}

/** Makes an index for hosts whose occupancies are interned: it caches classes by their identity. */
export function hostIndex(hostClasses: HostClasses): HostIndex {
  const hosts: (HostOccupancy | null)[] = [];
  const members = hostClassMembers(hostClasses);
  const hostAt = (position: number): HostOccupancy => {
    const host = at(hosts, position);
    invariant(host !== null, `there is a host ${position}`);
    return host;
  };
  const isAvailable =
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
    countAvailable: (entry, without) => {
      if (without === undefined || without.size === 0) return entry.hosts.length;
      return entry.hosts.filter(isAvailable(without)).length;
    },
    first: (entry, without) => {
      if (without === undefined || without.size === 0) return entry.hosts[0] ?? null;
      return entry.hosts.find(isAvailable(without)) ?? null;
    },
  };
}

interface HostClassMembers {
  readonly enter: (position: number, host: HostOccupancy) => void;
  readonly leave: (position: number) => void;
  readonly entries: () => readonly HostClassEntry[];
}

function hostClassMembers(hostClasses: HostClasses): HostClassMembers {
  // Kept here, for the cache of host classes may drop one and make another of the same key.
  const classOf: HostClass[] = [];
  const byOccupancy = new WeakMap<Occupancy, HostClass>();
  const members = new Map<HostClass, number[]>();
  const limits = new WeakMap<HostClass, NonNullable<HostOccupancy["accepts"]>>();
  let entries: HostClassEntry[] | null = null;
  return {
    enter: (position, { inventory, occupancy, accepts }) => {
      const known = byOccupancy.get(occupancy) ?? hostClasses.of(inventory, occupancy);
      if (accepts === undefined) byOccupancy.set(occupancy, known);
      const hostClass = accepts === undefined ? known : { ...known, inventory, occupancy };
      if (accepts !== undefined) limits.set(hostClass, accepts);
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
      entries ??= [...members].map(([hostClass, of]) => ({
        hostClass,
        hosts: of,
        accepts: limits.get(hostClass),
      }));
      return entries;
    },
  };
}

/** Binary search: the position of the first number above `value` in an ascending list. */
function firstAbove(list: readonly number[], value: number): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (at(list, middle) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
