/**
 * How many times as long something takes, to two decimals. What is slower by less than they show
 * has up to four, so that it is not said to be as fast.
 */
export function timesText(slowdown: number): string {
  const text = slowdown.toFixed(2);
  return slowdown > 1 && text === "1.00" ? String(Math.round(slowdown * 1e4) / 1e4) : text;
}
