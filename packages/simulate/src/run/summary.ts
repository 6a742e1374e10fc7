import { at } from "@evenkeel/core/unit/list.ts";
import type { Outcome } from "./outcome.ts";
import { sum, sumOf } from "@evenkeel/core/unit/sum.ts";

/** The mean of a figure over several seeds. */
export interface Figure {
  readonly mean: number;
  /** The sample standard deviation; 0 for a single seed. */
  readonly deviation: number;
}

/** The outcomes of one scenario under one policy, over several seeds. */
export interface Summary {
  readonly finalShare: Figure;
  readonly meanShare: Figure;
  /** Null where fragmentation was not measured. */
  readonly meanFragmentation: Figure | null;
  /** The share of arrivals that were placed. */
  readonly placed: Figure;
  /** The share of placed tasks that lie on nodes as their flavor promises. */
  readonly inSignature: Figure;
  readonly wholeHostArrived: Figure;
  readonly wholeHostRefused: Figure;
  readonly wholeHostRefusedWhileFree: Figure;
  /** The mean share of GPUs allocated at every hundredth of the axis. */
  readonly curve: readonly number[];
}

/** Means over at least one outcome, all of the same scenario. */
export function summaryOf(outcomes: readonly Outcome[]): Summary {
  const over = (of: (outcome: Outcome) => number): Figure => figureOf(outcomes.map(of));
  const fragmentation = outcomes.flatMap(({ meanFragmentation }) => meanFragmentation ?? []);
  return {
    finalShare: over(({ finalShare }) => finalShare),
    meanShare: over(({ meanShare }) => meanShare),
    meanFragmentation: fragmentation.length === outcomes.length ? figureOf(fragmentation) : null,
    placed: over(({ placed, arrived }) => placed / Math.max(1, arrived)),
    inSignature: over(({ inSignature, placed }) => inSignature / Math.max(1, placed)),
    wholeHostArrived: over(({ wholeHost }) => wholeHost.arrived),
    wholeHostRefused: over(({ wholeHost }) => wholeHost.refused),
    wholeHostRefusedWhileFree: over(({ wholeHost }) => wholeHost.refusedWhileFree),
    curve: at(outcomes, 0).curve.map((_, i) => over(({ curve }) => at(curve, i)).mean),
  };
}

/** The mean and the sample standard deviation. */
export function figureOf(values: readonly number[]): Figure {
  const mean = sum(values) / Math.max(1, values.length);
  const squares = sumOf(values, (value) => (value - mean) ** 2);
  return { mean, deviation: Math.sqrt(squares / Math.max(1, values.length - 1)) };
}
