/** Costs and losses are sums of a few products: a smaller difference is rounding. */
const ROUNDING = 1e-9;

/** Negative when `a` costs or loses less than `b`, 0 when they differ by rounding alone. */
export function compareCosts(a: number, b: number): number {
  return costEquals(a, b) ? 0 : a - b;
}

/** Whether two costs or losses differ at most by rounding. */
export function costEquals(a: number, b: number): boolean {
  // The difference of two infinite costs is NaN.
  return a === b || Math.abs(a - b) < ROUNDING;
}
