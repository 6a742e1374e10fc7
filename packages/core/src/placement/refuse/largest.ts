/**
 * The largest total from 1 to `most` that fits, or null when none does.
 *
 * Shares of a total are rounded down and the remainder goes to one cell, so a total that fits does
 * not mean that every smaller one does; but among multiples of the number of weights all shares
 * are exact, and what exceeds a multiple that does not fit cannot fit either. So multiples are
 * searched by halving, and above the largest that fits lie fewer than one period to try.
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
