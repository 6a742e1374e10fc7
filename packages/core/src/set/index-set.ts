import { invariant } from "../invariant.ts";

/**
 * An immutable set of small non-negative integers: CPUs or memory nodes.
 *
 * A bitmap of 32-bit words without trailing zero words, so that equal sets have equal words.
 * Linux prints these sets as lists (`0-3,8`, see list-format.ts) and masks (mask-format.ts).
 */
export interface IndexSet {
  readonly words: Uint32Array;
}

/** More than any CPU or node number of Linux (NR_CPUS is at most 8192, MAX_NUMNODES 1024). */
export const INDEX_MAX = 65_535;

function trimmed(words: Uint32Array): IndexSet {
  let length = words.length;
  while (length > 0 && words[length - 1] === 0) length--;
  return { words: length === words.length ? words : words.slice(0, length) };
}

export const emptySet: IndexSet = { words: new Uint32Array(0) };

/** The set of the given indices, each between 0 and `INDEX_MAX`; duplicates count once. */
export function indexSet(members: Iterable<number>): IndexSet {
  const list = [...members];
  let max = -1;
  for (const index of list) {
    if (!Number.isInteger(index) || index < 0 || index > INDEX_MAX) {
      throw new RangeError(`index ${index} is not an integer from 0 to ${INDEX_MAX}`);
    }
    if (index > max) max = index;
  }
  const words = new Uint32Array((max + 32) >>> 5);
  for (const index of list) include(words, index);
  return { words };
}

/** Sets the bit of an index that the words have room for. */
function include(words: Uint32Array, index: number): void {
  words[index >>> 5] = wordWithin(words, index >>> 5) | (1 << (index & 31));
}

/** Sets the bits from `first` to `last`, which the words have room for, a word at a time. */
export function includeRange(words: Uint32Array, first: number, last: number): void {
  for (let position = first >>> 5; position <= last >>> 5; position++) {
    const from = Math.max(first - position * 32, 0);
    const to = Math.min(last - position * 32, 31);
    words[position] = wordWithin(words, position) | ((-1 << from) & (-1 >>> (31 - to)));
  }
}

function wordWithin(words: Uint32Array, position: number): number {
  const word = words[position];
  invariant(word !== undefined, "the position is within the words");
  return word;
}

/** A word of a set: beyond the last that it stores, all are zero. */
export function wordAt(words: Uint32Array, position: number): number {
  const word = words[position];
  return word === undefined ? 0 : word;
}

/** Whether a set holds an index. */
export function has(set: IndexSet, index: number): boolean {
  return (wordAt(set.words, index >>> 5) & (1 << (index & 31))) !== 0;
}

/** The indices of either set. */
export function union(a: IndexSet, b: IndexSet): IndexSet {
  const [long, short] = a.words.length >= b.words.length ? [a, b] : [b, a];
  const words = long.words.slice();
  for (const [i, word] of short.words.entries()) words[i] = wordWithin(words, i) | word;
  return { words };
}

/** The indices of any of the sets. */
export function unionAll(sets: Iterable<IndexSet>): IndexSet {
  const all = [...sets].map((set) => set.words);
  const words = new Uint32Array(all.reduce((most, { length }) => Math.max(most, length), 0));
  for (const some of all) {
    for (let i = 0; i < some.length; i++) words[i] = wordWithin(words, i) | wordWithin(some, i);
  }
  return { words };
}

/** The indices of both sets. */
export function intersection(a: IndexSet, b: IndexSet): IndexSet {
  return trimmed(a.words.map((word, i) => word & wordAt(b.words, i)));
}

/** The indices of `a` that are not in `b`. */
export function difference(a: IndexSet, b: IndexSet): IndexSet {
  return trimmed(a.words.map((word, i) => word & ~wordAt(b.words, i)));
}

/** Whether a set holds no index. */
export function isEmpty(set: IndexSet): boolean {
  return set.words.length === 0;
}

/** Whether `outer` holds every index of `inner`. */
export function isSubset(inner: IndexSet, outer: IndexSet): boolean {
  return inner.words.every((word, i) => (word & ~wordAt(outer.words, i)) === 0);
}

/** Whether two sets have no index in common. */
export function isDisjoint(a: IndexSet, b: IndexSet): boolean {
  return a.words.every((word, i) => (word & wordAt(b.words, i)) === 0);
}

/** Whether two sets hold the same indices. */
export function equals(a: IndexSet, b: IndexSet): boolean {
  return a.words.length === b.words.length && a.words.every((word, i) => word === b.words[i]);
}

/** How many indices the set holds. */
export function size(set: IndexSet): number {
  let count = 0;
  for (let word of set.words) {
    // Bits are counted in parallel: pairs, nibbles, bytes, then summed by the multiplication.
    word -= (word >>> 1) & 0x55555555;
    word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
    count += Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return count;
}

/** The indices in ascending order. */
export function indices(set: IndexSet): number[] {
  const list: number[] = [];
  for (const [i, word] of set.words.entries()) {
    for (let rest = word; rest !== 0; rest &= rest - 1) {
      list.push(i * 32 + 31 - Math.clz32(rest & -rest));
    }
  }
  return list;
}

/** The lowest index, or null of the empty set. */
export function lowest(set: IndexSet): number | null {
  for (const [i, word] of set.words.entries()) {
    if (word !== 0) return i * 32 + 31 - Math.clz32(word & -word);
  }
  return null;
}
