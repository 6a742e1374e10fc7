import { expect, test } from "vitest";
import { hasHidden, visible } from "./visible.ts";

test("what would command a terminal is shown as a mark instead", () => {
  expect(visible("red \u001b[31malert\u001b[0m")).toBe("red \uFFFD[31malert\uFFFD[0m");
  expect(visible("two\nlines, \u009b2J, \u202egnp.exe")).toBe(
    "two\uFFFDlines, \uFFFD2J, \uFFFDgnp.exe",
  );
  expect(visible("H100 SXM5 80GB × 8, naïve")).toBe("H100 SXM5 80GB × 8, naïve");
});

test("hidden characters are found at any depth", () => {
  expect(hasHidden({ a: [{ b: "\u0007" }] })).toBe(true);
  expect(hasHidden({ a: [{ b: "fine", c: null, d: 1 }] })).toBe(false);
});
