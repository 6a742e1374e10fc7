import { invariant } from "../invariant.ts";

/** The item of a list at an index within it. An index outside is a bug and throws. */
export function at<Item>(items: ArrayLike<Item>, index: number): Item {
  const item = items[index];
  if (item === undefined) return outside(index, items.length);
  return item;
}

/** The items of a list, if every one is known; null if one is not. */
export function allKnown<Item>(items: readonly (Item | null)[]): readonly Item[] | null {
  const known = items.filter((item) => item !== null);
  return known.length < items.length ? null : known;
}

/** The value of a map under a key that it has. A missing key is a bug and throws. */
export function valueOf<Key, Value>(map: ReadonlyMap<Key, Value>, key: Key): Value {
  const value = map.get(key);
  if (value === undefined) return missing(key);
  return value;
}

// Functions of their own, so that their callers stay small enough to be inlined.
function outside(index: number, length: number): never {
  invariant(false, `index ${index} is in a list of ${length}`);
}

function missing(key: unknown): never {
  invariant(false, `${String(key)} is a key of the map`);
}
