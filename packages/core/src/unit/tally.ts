/** Counts by key. A key that has not been counted has the count 0. */
export type Tally<Key> = Map<Key, number>;

/** Adds to the count of a key. */
export function count<Key>(tally: Tally<Key>, key: Key, more = 1): void {
  tally.set(key, countOf(tally, key) + more);
}

/** The count of a key; 0 where it has not been counted. */
export function countOf<Key>(tally: ReadonlyMap<Key, number>, key: Key): number {
  return tally.get(key) ?? 0;
}
