import * as fc from "fast-check";
import { expect, test } from "vitest";
import { shortened } from "./shortened.ts";

test("a long text ends after a word, and says that it was cut", () => {
  expect(shortened("four words are here", 19)).toBe("four words are here");
  expect(shortened("four words are here", 18)).toBe("four words are …");
  expect(shortened("four words are here", 12)).toBe("four words …");
  expect(shortened("unbroken", 6)).toBe("unbr …");
});

test("no text is longer than asked, and none loses more than its last word", () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 3, max: 40 }), (text, max) => {
      const short = shortened(text, max);
      expect(short.length).toBeLessThanOrEqual(max);
      expect(text.startsWith(short.replace(/ …$/, ""))).toBe(true);
    }),
  );
});
