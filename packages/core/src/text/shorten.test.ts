import * as fc from "fast-check";
import { expect, test } from "vitest";
import { shorten } from "./shorten.ts";

test("a sentence that is too long ends after a word", () => {
  const sentence = "the disk is full, and nothing was written";
  expect(shorten(sentence, sentence.length)).toBe(sentence);
  expect(shorten(sentence, 40)).toBe("the disk is full, and nothing was…");
  expect(shorten(sentence, 23)).toBe("the disk is full, and…");
  expect(shorten(sentence, 22)).toBe("the disk is full, and…");
  expect(shorten(sentence, 20)).toBe("the disk is full…");
});

test("a word that is too long ends within, but not within a character", () => {
  expect(shorten("a".repeat(50), 10)).toBe(`${"a".repeat(9)}…`);
  expect(shorten("😀".repeat(50), 10)).toBe(`${"😀".repeat(4)}…`);
});

test("it is never longer than asked for, and well formed where the text is", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme", maxLength: 200 }),
      fc.integer({ min: 2 }),
      (text, most) => {
        const short = shorten(text, most);
        expect(short.length).toBeLessThanOrEqual(most);
        expect(short.isWellFormed()).toBe(true);
      },
    ),
  );
});
