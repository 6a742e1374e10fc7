import { MiB } from "../../unit/bytes.ts";
import { at } from "../../unit/list.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { isSameFloating, type Occupancy } from "./occupancy.ts";

/**
 * Interns an occupancy: equal occupancies of one machine become one object, which no other machine
 * shares, as long as it stays in the cache.
 */
export type InternOccupancy = (inventory: Inventory, occupancy: Occupancy) => Occupancy;

/** At most a dozen megabytes. */
const occupanciesMax = 1 << 12;

/**
 * Makes an interner. Thousands of hosts have the same few hundred occupancies, since ties always go
 * to the first place. They share the memory, and results can be cached by an occupancy's identity.
 */
export function occupancyInterner(): InternOccupancy {
  let tables = new WeakMap<Inventory, Map<number, Occupancy[]>>();
  let size = 0;
  const tableOf = (inventory: Inventory): Map<number, Occupancy[]> => {
    const table = tables.get(inventory) ?? new Map<number, Occupancy[]>();
    tables.set(inventory, table);
    return table;
  };
  return (inventory, occupancy) => {
    const hash = hashOf(occupancy);
    const before = tableOf(inventory)
      .get(hash)
      ?.find((other) => isSame(other, occupancy));
    if (before !== undefined) return before;
    // Nothing but time and memory depends on what the cache holds.
    if (size++ >= occupanciesMax) [tables, size] = [new WeakMap(), 1];
    const table = tableOf(inventory);
    const own = { ...occupancy };
    table.set(hash, [...(table.get(hash) ?? []), own]);
    return own;
  };
}

/** Differs for most occupancies that differ; the others are compared. */
function hashOf({ coreUsers, promisedBytes, deviceHolders }: Occupancy): number {
  let hash = 0;
  for (const users of coreUsers) hash = Math.imul(hash, 31) + users;
  for (const holders of deviceHolders) hash = Math.imul(hash, 31) + holders;
  for (const bytes of promisedBytes) hash = Math.imul(hash, 31) + Math.floor(bytes / MiB);
  return hash;
}

function isSame(a: Occupancy, b: Occupancy): boolean {
  return (
    a.vms === b.vms &&
    a.hostOwners === b.hostOwners &&
    isSameList(a.coreUsers, b.coreUsers) &&
    isSameList(a.freeCores, b.freeCores) &&
    isSameList(a.cacheUsers, b.cacheUsers) &&
    isSameList(a.cacheOwners, b.cacheOwners) &&
    isSameList(a.nodeUsers, b.nodeUsers) &&
    isSameList(a.nodeOwners, b.nodeOwners) &&
    isSameList(a.promisedBytes, b.promisedBytes) &&
    isSameList(a.deviceHolders, b.deviceHolders) &&
    a.floating.length === b.floating.length &&
    a.floating.every((entry, i) => isSameFloating(entry, at(b.floating, i)))
  );
}

function isSameList(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
