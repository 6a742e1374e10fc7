/**
 * For each item, the previous one of its orbit; null where there is none. An orbit is a set of
 * items that symmetries exchange. Of the sets of items that symmetries exchange a search needs only
 * one: the set that takes the first items of every orbit.
 */
export type PreviousInOrbit = readonly (number | null)[];

/** Items of one key are in one orbit. */
export function previousByKey<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => number | string,
): PreviousInOrbit {
  const latest = new Map<number | string, number>();
  return items.map((item, i) => {
    const key = keyOf(item);
    const before = latest.get(key);
    latest.set(key, i);
    return before ?? null;
  });
}

/** Items that a comparison calls equal are in one orbit. */
export function previousByPair<Item>(
  items: readonly Item[],
  isSameOrbit: (a: Item, b: Item) => boolean,
): PreviousInOrbit {
  return items.map((item, i) => {
    const before = items.slice(0, i).findLastIndex((other) => isSameOrbit(item, other));
    return before < 0 ? null : before;
  });
}
