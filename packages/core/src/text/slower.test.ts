import { expect, test } from "vitest";
import { slowerText } from "./slower.ts";

test("small slowdowns are percentages, large ones are multiples", () => {
  const texts = [1.004, 1.0994, 1.215, 1.55, 2.9, 3, 19.99, 45.26].map(slowerText);
  expect(texts).toEqual([
    "0.4 % slower",
    "9.9 % slower",
    "22 % slower",
    "55 % slower",
    "190 % slower",
    "3 times slower",
    "20 times slower",
    "45.3 times slower",
  ]);
});
