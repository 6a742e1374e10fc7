/**
 * The columns for so many equal boxes where `most` fit side by side: those that leave the fewest
 * places empty, and of these the fewest, but not many fewer than rows. So 4 become 2 × 2, 16 become
 * 4 × 4, 12 become 4 × 3, and 5 stay side by side where they fit.
 */
export function balancedColumns(count: number, most: number): number {
  const square = Math.ceil(Math.sqrt(count));
  const least = Math.max(1, Math.min(square, most));
  const widest = Math.max(least, Math.min(count, most, 2 * square));
  const emptyIn = (columns: number): number => Math.ceil(count / columns) * columns - count;
  let best = least;
  for (let columns = least + 1; columns <= widest; columns++) {
    if (emptyIn(columns) < emptyIn(best)) best = columns;
  }
  return best;
}
