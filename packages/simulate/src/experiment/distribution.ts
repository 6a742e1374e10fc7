import { at } from "@evenkeel/core/unit/list.ts";
import { sum } from "@evenkeel/core/unit/sum.ts";

/** How the step times of equal VMs are distributed, each relative to the best: 1 is the best. */
export interface Distribution {
  /** Ascending. */
  readonly values: readonly number[];
  readonly mean: number;
  readonly least: number;
  readonly median: number;
  /** Nineteen of twenty are no slower. */
  readonly nineteenOfTwenty: number;
  readonly most: number;
  /** The slowest over the fastest: 1 where all are the same. */
  readonly spread: number;
}

/** Of at least one value. */
export function distributionOf(unordered: readonly number[]): Distribution {
  const values = unordered.toSorted((a, b) => a - b);
  const [least, most] = [at(values, 0), at(values, values.length - 1)];
  return {
    values,
    mean: sum(values) / values.length,
    least,
    median: quantile(values, 0.5),
    nineteenOfTwenty: quantile(values, 0.95),
    most,
    spread: most / least,
  };
}

/** The least value that at least this share of all values does not exceed. */
function quantile(ascending: readonly number[], share: number): number {
  return at(ascending, Math.max(0, Math.ceil(share * ascending.length) - 1));
}

/**
 * The share of all pairs of VMs of which the slower takes at least `factor` times as long: how
 * often somebody who compares two of them asks why. By two positions that only move up: linear.
 */
export function shareOfPairsApart({ values }: Distribution, factor: number): number {
  if (values.length < 2) return 0;
  let pairs = 0;
  let faster = 0;
  for (const value of values) {
    // Rounding must not decide whether two that differ by exactly the factor do.
    while (at(values, faster) * factor <= value * (1 + 1e-9)) faster++;
    pairs += faster;
  }
  return pairs / ((values.length * (values.length - 1)) / 2);
}
