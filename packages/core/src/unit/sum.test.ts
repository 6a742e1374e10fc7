import { expect, test } from "vitest";
import { sum, sumOf } from "./sum.ts";

test("numbers are added from the first to the last", () => {
  expect(sum([])).toBe(0);
  expect(sum([1, 2, 4])).toBe(7);
  expect(sum(new Set([1, 2, 4]))).toBe(7);
  expect(sum(Float64Array.of(0.5, 0.25))).toBe(0.75);
  // 2^53 + 1 is no double: in another order the sum would be 2^53 + 2.
  expect(sum([2 ** 53, 1, 1])).toBe(2 ** 53);
});

test("an amount is added over items", () => {
  expect(sumOf([], () => 1)).toBe(0);
  expect(sumOf([{ bytes: 3 }, { bytes: 4 }], ({ bytes }) => bytes)).toBe(7);
});
