import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { LoadedPoint } from "../../calibration/calibration.ts";
import { at } from "../../unit/list.ts";
import { fitLatencyCurve, latencyAt, type LatencyCurve } from "./loaded-latency.ts";

const curve: LatencyCurve = {
  idleNs: 80,
  peakBytesPerSecond: 200e9,
  growth: 0.4,
  saturatedNs: 280,
};

/** Bandwidths as MLC injects them: most below half of the peak, a few at it. */
const shares = [0.01, 0.02, 0.04, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.55, 0.75, 0.98, 1, 1];

function tableOf(of: LatencyCurve, noise: (i: number) => number = () => 1): LoadedPoint[] {
  return shares.map((share, i) => {
    const bytesPerSecond = share * of.peakBytesPerSecond;
    const latencyNs = share < 0.95 ? latencyAt(of, bytesPerSecond) : of.saturatedNs;
    return { bytesPerSecond, latencyNs: latencyNs * noise(i) };
  });
}

test("the curve at a few loads, worked out by hand, and at and past the knee", () => {
  expect(latencyAt(curve, 0)).toBe(80);
  expect(latencyAt(curve, 100e9)).toBeCloseTo(80 * (1 + (0.4 * 0.5) / (1 - (0.5 / 1.03) ** 4)), 9);
  // Half way from 95 % of the peak to it: half way from the curve there to the saturated latency.
  const atKnee = 80 * (1 + (0.4 * 0.95) / (1 - (0.95 / 1.03) ** 4));
  expect(latencyAt(curve, 195e9)).toBeCloseTo((atKnee + 280) / 2, 9);
  expect(latencyAt(curve, 200e9)).toBe(280);
  expect(latencyAt(curve, 1e12)).toBe(280);
  expect(latencyAt({ ...curve, growth: 0 }, 180e9)).toBe(80);
});

test("the latency never falls as load grows, and never passes the saturated one", () => {
  const load = fc.double({ min: 0, max: 1.5, noNaN: true });
  fc.assert(
    fc.property(load, load, (a, b) => {
      const [less, more] = [Math.min(a, b), Math.max(a, b)];
      const latency = latencyAt(curve, more * curve.peakBytesPerSecond);
      expect(latencyAt(curve, less * curve.peakBytesPerSecond)).toBeLessThanOrEqual(latency);
      expect(latency).toBeLessThanOrEqual(curve.saturatedNs);
    }),
  );
});

test("a fit finds the curve that a table was made of, whatever the order of its rows", () => {
  const made = fc.record({
    idleNs: fc.double({ min: 50, max: 300, noNaN: true }),
    growth: fc.double({ min: 0.05, max: 1, noNaN: true }),
    saturation: fc.double({ min: 3, max: 8, noNaN: true }),
  });
  fc.assert(
    fc.property(made, fc.nat(shares.length), ({ idleNs, growth, saturation }, turn) => {
      const of = { ...curve, idleNs, growth, saturatedNs: saturation * idleNs };
      const rows = tableOf(of);
      const fitted = fitLatencyCurve([...rows.slice(turn), ...rows.slice(0, turn), at(rows, 0)]);
      expect(fitted?.peakBytesPerSecond).toBe(200e9);
      for (const { bytesPerSecond, latencyNs } of rows.slice(0, 11)) {
        const predicted = latencyAt(fitted ?? curve, bytesPerSecond);
        expect(Math.abs(predicted / latencyNs - 1)).toBeLessThan(0.005);
      }
      expect(Math.abs(Number(fitted?.saturatedNs) / of.saturatedNs - 1)).toBeLessThan(0.02);
    }),
    { numRuns: 60 },
  );
});

test("noise of 2 % moves no prediction by more than 6 %", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -0.02, max: 0.02, noNaN: true }), {
        minLength: shares.length,
        maxLength: shares.length,
      }),
      (noise) => {
        const fitted = fitLatencyCurve(tableOf(curve, (i) => 1 + at(noise, i)));
        for (const share of shares.slice(0, 11)) {
          const load = share * curve.peakBytesPerSecond;
          expect(
            Math.abs(latencyAt(fitted ?? curve, load) / latencyAt(curve, load) - 1),
          ).toBeLessThan(0.06);
        }
      },
    ),
    { numRuns: 60 },
  );
});

test("the cap counts in the fit: a machine of few cores saturates before the curve bends", () => {
  const few = { ...curve, saturatedNs: 112 };
  const fitted = fitLatencyCurve(tableOf(few));
  expect(fitted?.saturatedNs).toBeCloseTo(112, 0);
  expect(fitted?.growth).toBeCloseTo(0.4, 2);
});

test("without a point below the knee there is no curve, and falling latencies give no growth", () => {
  expect(fitLatencyCurve([])).toBeNull();
  expect(fitLatencyCurve([{ bytesPerSecond: 1e9, latencyNs: 80 }])).toBeNull();
  const falling = shares.map((share) => ({
    bytesPerSecond: share * 1e9,
    latencyNs: 200 - 50 * share,
  }));
  expect(fitLatencyCurve(falling)?.growth).toBe(0);
});
