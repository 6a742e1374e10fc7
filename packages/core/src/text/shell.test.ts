import { execFileSync } from "node:child_process";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { shellLine } from "./shell.ts";

test("a line for a shell is read back as the same words", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "grapheme" }), { minLength: 1 }), (words) => {
      fc.pre(words.every((word) => !word.includes("\0")));
      const read = execFileSync("sh", ["-c", `printf '%s\\0' ${shellLine(words)}`], {
        encoding: "utf8",
      });
      expect(read.split("\0").slice(0, -1)).toEqual(words);
    }),
    { numRuns: 50 },
  );
});
