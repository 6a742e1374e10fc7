import * as fc from "fast-check";
import { expect, test } from "vitest";
import { commentLines } from "./comment-lines.ts";

test("a long text is broken, and its further lines are indented", () => {
  expect(commentLines("short")).toEqual(["# short"]);
  expect(commentLines(`  CPUs ${"1,".repeat(60)}2`)).toEqual([
    `#   CPUs ${"1,".repeat(45)}`,
    `#     ${"1,".repeat(15)}2`,
  ]);
});

test("no text ends its comment or loses a word", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const lines = commentLines(text);
      for (const line of lines) expect(line).toMatch(/^#( [^\p{C}\p{Zl}\p{Zp}]*)?$/u);
      const words = (some: string): string => some.replaceAll(/[\p{C}\p{Z}\s]+/gu, "");
      expect(words(lines.map((line) => line.slice(1)).join(""))).toBe(words(text));
    }),
  );
});
