import { at } from "@evenkeel/core/unit/list.ts";
import type { Outcome } from "./outcome.ts";

/** A figure over several seeds. */
export interface Figure {
  readonly mean: number;
  /** The standard deviation of a sample; 0 for a single one. */
  readonly deviation: number;
}

/** What became of a world under a policy over several seeds. */
export interface Summary {
  readonly finalShare: Figure;
  readonly meanShare: Figure;
  /** Null where fragmentation was not measured. */
  readonly meanFragmentation: Figure | null;
  /** The part of all arrivals that was placed. */
  readonly placed: Figure;
  /** The part of the placed that lies as its flavor promises. */
  readonly inSignature: Figure;
  readonly wholeHostArrived: Figure;
  readonly wholeHostRefused: Figure;
  readonly wholeHostRefusedWhileFree: Figure;
  /** The mean share allocated at every hundredth of the course. */
  readonly curve: readonly number[];
}

/** Takes the mean of every figure; there is at least one outcome, and all are of one world. */
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

export function figureOf(values: readonly number[]): Figure {
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / Math.max(1, values.length - 1)) };
}
