import { INDEX_MAX, type IndexSet, indexSet, wordAt } from "./index-set.ts";

/**
 * Reads a hexadecimal mask, most significant word first: `00ff,ffffffff` as sysfs prints it in
 * `cpumap` files, or `0x000000ff,0xffffffff` as hwloc prints its bitmaps. Null when the text is not
 * a mask or sets a bit above `INDEX_MAX`.
 */
export function parseMask(text: string): IndexSet | null {
  const words = text.trim().split(",").toReversed();
  const found: number[] = [];
  for (const [position, word] of words.entries()) {
    // hwloc leaves a word of zeros empty: `0xff,,0x0` has three.
    const match = /^(?:0x)?([0-9a-f]{0,8})$/i.exec(word.trim());
    if (match === null || (word === "" && words.length === 1)) return null;
    const bits = Number.parseInt(match[1] || "0", 16);
    for (let bit = 0; bit < 32; bit++) {
      if (((bits >>> bit) & 1) === 0) continue;
      const index = position * 32 + bit;
      if (index > INDEX_MAX) return null;
      found.push(index);
    }
  }
  return indexSet(found);
}

/**
 * The mask as sysfs prints it, in full words of eight digits: as many words as the set needs, and
 * at least `words`, since all masks of one machine are as wide as its highest CPU requires.
 */
export function formatMask(set: IndexSet, words = 1): string {
  const length = Math.max(words, set.words.length, 1);
  return Array.from({ length }, (_, i) =>
    wordAt(set.words, length - 1 - i)
      .toString(16)
      .padStart(8, "0"),
  ).join(",");
}
