/**
 * The largest total from 1 to `most` that fits, or null when none does.
 *
 * Shares of a total are rounded down, and its remainder needs cells with room, so a smaller total
 * need not fit where a larger one does. Multiples of `period` (the number of accelerators) divide
 * exactly: if one does not fit, no larger total does. So multiples are searched by halving, then
 * the fewer than `period` totals above the largest that fits.
 */
export function largestThatFits(
  most: number,
  period: number,
  fits: (total: number) => boolean,
): number | null {
  let low = 0;
  let high = Math.floor(most / period) + 1;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (fits(middle * period)) low = middle;
    else high = middle;
  }
  const last = Math.min(most, (low + 1) * period - 1);
  for (let total = last; total > Math.max(0, low * period); total--) {
    if (fits(total)) return total;
  }
  return low > 0 ? low * period : null;
}
