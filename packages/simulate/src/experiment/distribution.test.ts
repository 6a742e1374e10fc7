import * as fc from "fast-check";
import { expect, test } from "vitest";
import { distributionOf, shareOfPairsApart } from "./distribution.ts";
import { histogramOf, rangeOf } from "./histogram.ts";

const times = fc.array(fc.double({ min: 1, max: 20, noNaN: true }), {
  minLength: 1,
  maxLength: 60,
});

test("a distribution by hand", () => {
  const { values, ...figures } = distributionOf([2, 1, 1.5, 1]);
  expect(values).toEqual([1, 1, 1.5, 2]);
  expect(figures).toEqual({
    mean: 1.375,
    least: 1,
    median: 1,
    nineteenOfTwenty: 2,
    most: 2,
    spread: 2,
  });
});

test("pairs apart are those that a look at every pair finds", () => {
  fc.assert(
    fc.property(times, fc.constantFrom(1.05, 1.2, 2), (all, factor) => {
      const { values } = distributionOf(all);
      let [apart, pairs] = [0, 0];
      for (const [i, slower] of values.entries()) {
        for (const faster of values.slice(0, i)) {
          pairs++;
          if (slower * (1 + 1e-9) >= faster * factor) apart++;
        }
      }
      const share = shareOfPairsApart(distributionOf(all), factor);
      expect(share).toBeCloseTo(pairs === 0 ? 0 : apart / pairs, 12);
    }),
  );
});

test("exactly the factor counts as apart, whatever rounding does", () => {
  expect(shareOfPairsApart(distributionOf([1.1, 1.1 * 1.2]), 1.2)).toBe(1);
  expect(shareOfPairsApart(distributionOf([1.1, 1.1 * 1.199]), 1.2)).toBe(0);
});

test("every value is in a bin of the range that holds all distributions", () => {
  fc.assert(
    fc.property(times, times, (a, b) => {
      const both = [distributionOf(a), distributionOf(b)];
      const end = rangeOf(both);
      for (const one of both) {
        expect(one.most).toBeLessThanOrEqual(end);
        const { shares } = histogramOf(one, end, 17);
        expect(shares.reduce((total, share) => total + share, 0)).toBeCloseTo(1, 12);
      }
    }),
  );
  expect(histogramOf(distributionOf([1, 1, 2]), 2, 4).shares).toEqual([2 / 3, 0, 0, 1 / 3]);
});

test("the range has a tenth to spare, and is never too narrow to draw", () => {
  expect(rangeOf([distributionOf([1, 2]), distributionOf([1.5])])).toBeCloseTo(2.1, 12);
  expect(rangeOf([distributionOf([1])])).toBe(1.2);
});
