import { emptySet, includeRange, INDEX_MAX, type IndexSet, indexSet } from "./index-set.ts";

/**
 * Linux list strings, `0-27,112-139`: what sysfs prints in every `*_list` file and in `cpulist`,
 * and the form of every CPU and node set in Evenkeel's documents.
 * https://docs.kernel.org/admin-guide/kernel-parameters.html#cpu-lists
 */

/** Reads a list string; null when it is not one or names an index above `INDEX_MAX`. */
export function parseList(text: string): IndexSet | null {
  const trimmed = text.trim();
  if (trimmed === "") return indexSet([]);
  const ranges: (readonly [first: number, last: number])[] = [];
  let named = 0;
  let highest = 0;
  for (const part of trimmed.split(",")) {
    const match = /^\s*(\d{1,9})(?:-(\d{1,9}))?\s*$/.exec(part);
    if (match === null) return null;
    const first = Number(match[1]);
    const last = match[2] === undefined ? first : Number(match[2]);
    if (last < first || last > INDEX_MAX || named > INDEX_MAX) return null;
    named += last - first + 1;
    highest = Math.max(highest, last);
    ranges.push([first, last]);
  }
  const words = new Uint32Array((highest >>> 5) + 1);
  for (const [first, last] of ranges) includeRange(words, first, last);
  return { words };
}

/**
 * Reads a list string of a document. A text that is no list counts as empty; `contradictions`
 * reports it where it is in a topology.
 */
export function setOf(list: string): IndexSet {
  return parseList(list) ?? emptySet;
}

/** The canonical list string: ascending, runs joined, `""` for the empty set. */
export function formatList({ words }: IndexSet): string {
  const runs: string[] = [];
  let start = -1;
  const close = (end: number): void => {
    runs.push(start === end - 1 ? `${start}` : `${start}-${end - 1}`);
    start = -1;
  };
  for (const [at, word] of words.entries()) {
    // A short list can name many indices: words within a run, or between two, are passed over.
    if (word === (start < 0 ? 0 : 0xffffffff)) continue;
    for (let bit = 0; bit < 32; bit++) {
      const isMember = ((word >>> bit) & 1) === 1;
      if (isMember && start < 0) start = at * 32 + bit;
      if (!isMember && start >= 0) close(at * 32 + bit);
    }
  }
  if (start >= 0) close(words.length * 32);
  return runs.join(",");
}
