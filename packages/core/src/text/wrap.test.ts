import * as fc from "fast-check";
import { expect, test } from "vitest";
import { wrap } from "./wrap.ts";

test("lines break at blanks and after the commas of lists, and otherwise not at all", () => {
  expect(wrap("one two three", 8)).toEqual(["one two", "three"]);
  expect(wrap("on CPUs 0-3,8-11,16-19", 12)).toEqual(["on CPUs 0-3,", "8-11,16-19"]);
  expect(wrap("unbreakable", 4)).toEqual(["unbreakable"]);
  expect(wrap("a bb", 3, "  ")).toEqual(["a", "  bb"]);
  expect(wrap("", 10)).toEqual([""]);
});

test("wrapping loses no word and makes no line too long that could be shorter", () => {
  const word = fc.stringMatching(/^[a-z]{1,8}$/);
  fc.assert(
    fc.property(fc.array(word), fc.integer({ min: 1, max: 20 }), (words, width) => {
      const lines = wrap(words.join(" "), width);
      expect(lines.join(" ").split(" ").filter(Boolean)).toEqual(words);
      for (const line of lines) expect(line.length <= width || !line.includes(" ")).toBe(true);
    }),
  );
});
