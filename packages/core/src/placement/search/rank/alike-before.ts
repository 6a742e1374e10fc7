/**
 * Of each item the last one before it that is like it; null where there is none. Searches go by it:
 * of items that are interchangeable the first ones are taken.
 */
export type AlikeBefore = readonly (number | null)[];

/** Alike are items of one key. */
export function alikeByKey<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => number | string,
): AlikeBefore {
  const latest = new Map<number | string, number>();
  return items.map((item, i) => {
    const key = keyOf(item);
    const before = latest.get(key);
    latest.set(key, i);
    return before ?? null;
  });
}

/** Alike is what a comparison says. */
export function alikeByPair<Item>(
  items: readonly Item[],
  isAlike: (a: Item, b: Item) => boolean,
): AlikeBefore {
  return items.map((item, i) => {
    const before = items.slice(0, i).findLastIndex((other) => isAlike(item, other));
    return before < 0 ? null : before;
  });
}
