import { MiB } from "../../unit/bytes.ts";
import { at } from "../../unit/list.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { isSameFloating, type Occupancy } from "./occupancy.ts";

/**
 * One object for all that is equal: occupancies of a machine that say the same are given the same
 * object, which is that machine's alone, for as long as the book knows it.
 */
export type InternOccupancy = (inventory: Inventory, occupancy: Occupancy) => Occupancy;

/** A dozen megabytes at the most. */
const occupanciesMax = 1 << 12;

/**
 * Hosts by the thousand are in the same few hundred occupancies, for of equal places all take the
 * first. They share the memory, and what is found out about one is known of every other by its
 * identity.
 */
export function occupancyInterner(): InternOccupancy {
  let books = new WeakMap<Inventory, Map<number, Occupancy[]>>();
  let known = 0;
  const bookOf = (inventory: Inventory): Map<number, Occupancy[]> => {
    const book = books.get(inventory) ?? new Map<number, Occupancy[]>();
    books.set(inventory, book);
    return book;
  };
  return (inventory, occupancy) => {
    const hash = hashOf(occupancy);
    const before = bookOf(inventory)
      .get(hash)
      ?.find((other) => isSame(other, occupancy));
    if (before !== undefined) return before;
    // What is forgotten is met again: nothing but time and memory depend on it.
    if (known++ >= occupanciesMax) [books, known] = [new WeakMap(), 1];
    const book = bookOf(inventory);
    const own = { ...occupancy };
    book.set(hash, [...(book.get(hash) ?? []), own]);
    return own;
  };
}

/** Differs for most that differ; the rest is told apart by comparing. */
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
