import type { LoadedPoint } from "@evenkeel/core/calibration/calibration.ts";
import {
  belowKnee,
  bestGrowth,
  fitLatencyCurve,
  latencyAt,
  type LatencyCurve,
  peakOf,
  typicalGrowth,
} from "@evenkeel/core/cost/flow/loaded-latency.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import { sum } from "@evenkeel/core/unit/sum.ts";
import type { LoadedTable } from "./model-tables.ts";

/**
 * The loaded-latency model against one machine's table. Errors are shares of the measured latency.
 * Inputs are what the table tells itself (idle latency, peak, latency past the knee) and the one
 * fitted constant; predictions are all points below 95 % of the peak.
 */
export interface CurveResult {
  readonly machine: string;
  /** How many points are predicted. */
  readonly points: number;
  /** Null where the table cannot be judged. */
  readonly meanError: number | null;
  readonly worstError: number | null;
  /** The mean over points, at most 20 of them, each predicted by a fit to all others. */
  readonly leaveOneOutError: number | null;
  /** With one constant for all tables of the run, and with the one that is built in. */
  readonly oneConstantError: number | null;
  readonly builtInError: number | null;
  /** Of the points at the knee and past it, where the closed system limits the latency. */
  readonly kneeError: number | null;
  readonly inputs: {
    readonly idleNs: number;
    readonly peakBytesPerSecond: number;
    readonly saturatedNs: number;
    readonly growth: number;
  } | null;
  /** Why it cannot be judged, or which bar it misses. */
  readonly problem: string | null;
}

/** The bars: of each table's own constant, and of one for all tables. */
export const bars = { mean: 0.03, worst: 0.12, oneConstant: 0.03 } as const;

/** Idle latency, peak and growth: a table must predict more points than that. */
const PARAMETERS = 3;

/** Every table with its own constant, and with one that is fitted to all that can be judged. */
export function judgeTables(tables: readonly LoadedTable[]): readonly CurveResult[] {
  const fits = tables.map((table) => ({ table, curve: judgeable(table.points) }));
  const growth = bestGrowth(
    fits.flatMap(({ table, curve }) =>
      curve === null ? [] : predicted(table.points, curve).map((point) => ({ ...curve, ...point })),
    ),
  );
  return fits.map(({ table, curve }) =>
    curve === null ? unjudged(table) : judged(table, curve, growth),
  );
}

function judgeable(points: readonly LoadedPoint[]): LatencyCurve | null {
  const curve = fitLatencyCurve(points);
  return curve === null || predicted(points, curve).length <= PARAMETERS ? null : curve;
}

function unjudged({ machine, points }: LoadedTable): CurveResult {
  const below = belowKnee(points, peakOf(points)).length;
  return {
    machine,
    points: below,
    meanError: null,
    worstError: null,
    leaveOneOutError: null,
    oneConstantError: null,
    builtInError: null,
    kneeError: null,
    inputs: null,
    problem:
      `${below} ${below === 1 ? "point" : "points"} below 95 % of the peak, ` +
      `and more than ${PARAMETERS} are needed to judge ${PARAMETERS} inputs`,
  };
}

function judged(
  { machine, points }: LoadedTable,
  curve: LatencyCurve,
  growth: number,
): CurveResult {
  const below = predicted(points, curve);
  const errors = errorsOf(below, curve);
  const [meanError, worstError] = [
    mean(errors),
    errors.reduce((most, error) => Math.max(most, error), 0),
  ];
  const past = points.filter((point) => !below.includes(point));
  return {
    machine,
    points: below.length,
    meanError: rounded(meanError),
    worstError: rounded(worstError),
    leaveOneOutError: rounded(mean(leftOut(points, below))),
    oneConstantError: rounded(mean(errorsOf(below, { ...curve, growth }))),
    builtInError: rounded(mean(errorsOf(below, { ...curve, growth: typicalGrowth }))),
    kneeError: rounded(mean(errorsOf(past, curve))),
    inputs: {
      idleNs: rounded(curve.idleNs),
      peakBytesPerSecond: Math.round(curve.peakBytesPerSecond),
      saturatedNs: rounded(curve.saturatedNs),
      growth: rounded(curve.growth),
    },
    problem:
      meanError > bars.mean
        ? `its mean error is above ${bars.mean * 100} %`
        : worstError > bars.worst
          ? `its worst point is off by more than ${bars.worst * 100} %`
          : null,
  };
}

function predicted(points: readonly LoadedPoint[], curve: LatencyCurve): readonly LoadedPoint[] {
  return belowKnee(points, curve.peakBytesPerSecond);
}

function errorsOf(points: readonly LoadedPoint[], curve: LatencyCurve): readonly number[] {
  return points.map(
    ({ bytesPerSecond, latencyNs }) =>
      Math.abs(latencyAt(curve, bytesPerSecond) - latencyNs) / latencyNs,
  );
}

/** So many points are left out, one at a time: more take minutes and say the same. */
const LEFT_OUT_MAX = 20;

/** Each point's error by the fit to all other points of its table; of many points, of some. */
function leftOut(points: readonly LoadedPoint[], below: readonly LoadedPoint[]): readonly number[] {
  const step = Math.max(1, below.length / LEFT_OUT_MAX);
  const some = below.filter((_, i) => Math.floor(i / step) !== Math.floor((i - 1) / step));
  return some.flatMap((left) => {
    const curve = fitLatencyCurve(points.filter((point) => point !== left));
    return curve === null ? [] : [at(errorsOf([left], curve), 0)];
  });
}

export function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
