import { at } from "../unit/list.ts";

/**
 * The candidate nearest to a misspelled word by optimal string alignment distance, or null when
 * none is near enough: one slip (a letter added, left out, changed, or swapped with its neighbor)
 * in every three letters. The first of equally near candidates wins.
 */
export function didYouMean(word: string, candidates: readonly string[]): string | null {
  const typed = word.slice(0, 64).toLowerCase();
  let best: string | null = null;
  let fewest = Math.max(1, Math.floor(typed.length / 3)) + 1;
  for (const candidate of candidates) {
    const slips = slipsBetween(typed, candidate.slice(0, 64).toLowerCase());
    if (slips < fewest) [best, fewest] = [candidate, slips];
  }
  return best;
}

/**
 * The optimal string alignment distance: the fewest single slips that turn one word into the
 * other, row by row over their common table, in time and space of the product of their lengths.
 */
function slipsBetween(a: string, b: string): number {
  const rows: number[][] = [[...Array(b.length + 1).keys()]];
  const cell = (i: number, j: number): number => at(at(rows, i), j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j++) {
      const changed = a[i - 1] === b[j - 1] ? 0 : 1;
      let slips = Math.min(cell(i - 1, j) + 1, cell(i, j - 1) + 1, cell(i - 1, j - 1) + changed);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) slips = Math.min(slips, cell(i - 2, j - 2) + 1);
      row.push(slips);
    }
  }
  return cell(a.length, b.length);
}
