import { invariant } from "../invariant.ts";

/**
 * The item of a list at an index that is known to be in it. An index beyond the list is a fault of
 * the program and throws; it never reads as some default.
 */
export function at<Item>(items: ArrayLike<Item>, index: number): Item {
  const item = items[index];
  if (item === undefined) return outside(index, items.length);
  return item;
}

/** The value of a map under a key that is known to be in it. */
export function valueOf<Key, Value>(map: ReadonlyMap<Key, Value>, key: Key): Value {
  const value = map.get(key);
  if (value === undefined) return missing(key);
  return value;
}

// Apart from the functions that call them: those are small enough to be inlined so.
function outside(index: number, length: number): never {
  invariant(false, `index ${index} is in a list of ${length}`);
}

function missing(key: unknown): never {
  invariant(false, `${String(key)} is a key of the map`);
}
