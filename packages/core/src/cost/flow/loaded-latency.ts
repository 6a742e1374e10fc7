import type { LoadedPoint } from "../../calibration/calibration.ts";
import { at } from "../../unit/list.ts";
import { sumOf } from "../../unit/sum.ts";
import type { Waiting } from "./resource.ts";

/**
 * How the latency of memory grows with the bytes that are read of it meanwhile.
 *
 *     latency(x) = idle · (1 + growth · u / (1 − (u / 1.03)⁴)),   u = x / peak
 *
 * never above `saturated`, the latency at and past the knee: there the system is closed. The cores
 * have a fixed number of bytes on their way, so by Little's law the latency is what is outstanding
 * over the peak bandwidth, however much more is asked for. From 95 % of the peak on, the latency
 * goes in a straight line to that.
 *
 * Queueing formulas such as M/M/1 (exponent 1 in place of 4) bend too early: controllers reorder
 * and overlap requests until about four fifths of the peak, and then there is a cliff. The 1.03
 * stands for capacity over peak: a closed system never keeps the controllers quite busy. Both are
 * the same for all machines. A table of Intel's Memory Latency Checker tells its idle latency, its
 * peak and what is outstanding, so it has one fitted constant: `growth`. `npm run bench -- model`
 * shows what it predicts and how well, each point also left out of the fit.
 */
export interface LatencyCurve {
  readonly idleNs: number;
  readonly peakBytesPerSecond: number;
  /** The fitted constant. */
  readonly growth: number;
  /** At and past the knee; at least the idle latency. */
  readonly saturatedNs: number;
}

/** The growth where nobody measured a curve: fitted to ten published tables at once. */
export const typicalGrowth = 0.4;

/**
 * Saturated over idle latency where nobody measured it: the middle of nine published tables, which
 * range from 1.6 (few cores) to 4.5.
 */
export const typicalSaturation = 3.5;

/** From this share of the peak on, a point of a table is at the knee and fits nothing. */
const kneeFrom = 0.95;
const EXPONENT = 4;
const CAPACITY_OVER_PEAK = 1.03;

function openGrowth(utilisation: number): number {
  return utilisation / (1 - (utilisation / CAPACITY_OVER_PEAK) ** EXPONENT);
}

/** What waiting adds to a latency at a utilisation, in nanoseconds. It never falls with load. */
export function waitingNs({ growthNs, mostNs }: Waiting, utilisation: number): number {
  const openNs = Math.min(mostNs, growthNs * openGrowth(Math.min(utilisation, kneeFrom)));
  if (utilisation <= kneeFrom) return openNs;
  const past = Math.min(1, (utilisation - kneeFrom) / (1 - kneeFrom));
  return openNs + past * (mostNs - openNs);
}

/** The latency while so many bytes a second are read. */
export function latencyAt(curve: LatencyCurve, bytesPerSecond: number): number {
  const { idleNs, peakBytesPerSecond, growth, saturatedNs } = curve;
  const waiting = { growthNs: idleNs * growth, mostNs: saturatedNs - idleNs };
  return idleNs + waitingNs(waiting, bytesPerSecond / peakBytesPerSecond);
}

/** Idle latency and growth depend on each other a little: they settle within a few rounds. */
const ROUNDS = 4;

/**
 * A table's curve: its peak is the largest bandwidth in it, its idle latency the median of the
 * points of least load less what the curve adds there, its saturated latency what is outstanding at
 * the knee over the peak, and the growth the one that predicts the points below the knee best.
 * Points may come in any order and several times. Null without a point below the knee.
 */
export function fitLatencyCurve(points: readonly LoadedPoint[]): LatencyCurve | null {
  const peakBytesPerSecond = peakOf(points);
  const below = belowKnee(points, peakBytesPerSecond);
  if (below.length === 0) return null;
  let curve = { idleNs: 0, peakBytesPerSecond, saturatedNs: 0, growth: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const idleNs = idleOf(below, curve);
    const inputs = { idleNs, peakBytesPerSecond, saturatedNs: saturatedOf(points, idleNs) };
    curve = { ...inputs, growth: bestGrowth(below.map((point) => ({ ...inputs, ...point }))) };
  }
  return curve;
}

/** A point below the knee with what its table says besides. */
export type TablePoint = LoadedPoint & Omit<LatencyCurve, "growth">;

const GROWTH_MOST = 4;
const GROWTH_STEPS = 400;

/**
 * The growth with the least squares of relative errors, for points of one table or of many. Where
 * the saturated latency caps points the sum has several valleys, so a grid finds the deepest and a
 * bisection of its slope the bottom.
 */
export function bestGrowth(points: readonly TablePoint[]): number {
  const errorAt = (growth: number): number =>
    sumOf(points, (point) => {
      const predicted = latencyAt({ ...point, growth }, point.bytesPerSecond);
      return (predicted / point.latencyNs - 1) ** 2;
    });
  const step = GROWTH_MOST / GROWTH_STEPS;
  let [best, least] = [0, errorAt(0)];
  for (let i = 1; i <= GROWTH_STEPS; i++) {
    const error = errorAt(i * step);
    if (error < least) [best, least] = [i * step, error];
  }
  let [low, high] = [Math.max(0, best - step), best + step];
  for (let i = 0; i < 30; i++) {
    const [third, other] = [low + (high - low) / 3, high - (high - low) / 3];
    if (errorAt(third) <= errorAt(other)) high = other;
    else low = third;
  }
  return errorAt(low) < least ? low : best;
}

/** The largest bandwidth of a table. */
export function peakOf(points: readonly LoadedPoint[]): number {
  return points.reduce((peak, { bytesPerSecond }) => Math.max(peak, bytesPerSecond), 0);
}

/** The points that are predicted: those below the knee, by ascending bandwidth. */
export function belowKnee(points: readonly LoadedPoint[], peak: number): readonly LoadedPoint[] {
  return points
    .filter(({ bytesPerSecond }) => bytesPerSecond < kneeFrom * peak)
    .toSorted((a, b) => a.bytesPerSecond - b.bytesPerSecond || a.latencyNs - b.latencyNs);
}

/** Up to this utilisation memory counts as nearly idle. */
const idleUpTo = 0.1;

/** From the points of least load, at least three of them. */
function idleOf(below: readonly LoadedPoint[], curve: LatencyCurve): number {
  const { peakBytesPerSecond, idleNs, growth } = curve;
  const idle = below.filter(
    ({ bytesPerSecond }) => bytesPerSecond <= idleUpTo * peakBytesPerSecond,
  );
  return median(
    (idle.length >= 3 ? idle : below.slice(0, 3)).map(
      ({ bytesPerSecond, latencyNs }) =>
        latencyNs - idleNs * growth * openGrowth(bytesPerSecond / peakBytesPerSecond),
    ),
  );
}

/** What is outstanding at the knee and past it, over the peak. */
function saturatedOf(points: readonly LoadedPoint[], idleNs: number): number {
  const peak = peakOf(points);
  const outstanding = points
    .filter(({ bytesPerSecond }) => bytesPerSecond >= kneeFrom * peak)
    .map(({ bytesPerSecond, latencyNs }) => bytesPerSecond * latencyNs);
  return Math.max(idleNs, median(outstanding) / peak);
}

function median(values: readonly number[]): number {
  const ascending = values.toSorted((a, b) => a - b);
  const middle = ascending.length / 2;
  return (at(ascending, Math.floor(middle)) + at(ascending, Math.ceil(middle) - 1)) / 2;
}
