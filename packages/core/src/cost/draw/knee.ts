import type { LoadedCurve, LoadedPoint } from "../../calibration/calibration.ts";

/** Fewer points show no shape. */
const pointsMin = 5;
/** A curve that stays nearer to the straight line has no knee. */
const bendMin = 0.15;

/**
 * The knee of a loaded-latency curve: the last point before latency climbs faster than bandwidth
 * grows. With both axes scaled from 0 to 1 over the curve, it is the point farthest below the
 * diagonal (the "kneedle" of Satopaa and others, 2011, without smoothing). Null where the curve has
 * too few points or is nearly straight.
 */
export function kneeOf({ points }: Pick<LoadedCurve, "points">): LoadedPoint | null {
  if (points.length < pointsMin) return null;
  const rates = points.map(({ bytesPerSecond }) => bytesPerSecond);
  const latencies = points.map(({ latencyNs }) => latencyNs);
  const [slowest, fastest] = [Math.min(...rates), Math.max(...rates)];
  const [least, most] = [Math.min(...latencies), Math.max(...latencies)];
  if (fastest === slowest || most === least) return null;
  let found: LoadedPoint | null = null;
  let farthest = bendMin;
  for (const point of points) {
    const x = (point.bytesPerSecond - slowest) / (fastest - slowest);
    const y = (point.latencyNs - least) / (most - least);
    if (x - y > farthest) [found, farthest] = [point, x - y];
  }
  return found;
}

/** A curve's name: `node 0, own memory`, `node 0, memory of node 1`, `all nodes`. */
export function curveName({ initiator, target }: LoadedCurve): string {
  if (initiator === null) return target === null ? "all nodes" : `memory of node ${target}`;
  if (target === null) return `node ${initiator}`;
  return initiator === target
    ? `node ${initiator}, own memory`
    : `node ${initiator}, memory of node ${target}`;
}

/** Whether it is of memory on another node. */
export function isRemote({ initiator, target }: LoadedCurve): boolean {
  return initiator !== null && target !== null && initiator !== target;
}
