import { add } from "@evenkeel/core/unit/vector.ts";
import type { Distribution } from "./distribution.ts";

/** Step times in bins of equal width, for drawings. */
export interface Histogram {
  /** The share of all VMs in each bin. */
  readonly shares: readonly number[];
}

/** The range that holds all of several distributions, from 1 on, with a tenth of it to spare. */
export function rangeOf(all: readonly Distribution[]): number {
  const most = Math.max(...all.map((one) => one.most));
  return Math.max(1.2, 1 + (most - 1) * 1.1);
}

/** Bins from 1 to `end`; what rounding puts outside counts in the first or last. */
export function histogramOf({ values }: Distribution, end: number, bins: number): Histogram {
  const counts = new Int32Array(bins);
  for (const value of values) {
    const bin = Math.floor(((value - 1) / (end - 1)) * bins);
    add(counts, Math.max(0, Math.min(bins - 1, bin)), 1);
  }
  return { shares: Array.from(counts, (count) => count / values.length) };
}
