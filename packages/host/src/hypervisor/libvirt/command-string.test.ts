import * as fc from "fast-check";
import { expect, test } from "vitest";
import { runProgram } from "../program.ts";
import { commandString, quotableJson } from "./command-string.ts";

/** libvirt's own test driver needs no daemon; `echo` ends its output with nothing. */
const virsh = (...args: readonly string[]) =>
  runProgram("virsh", ["--quiet", "--connect", "test:///default", ...args], { timeoutMs: 10_000 });

const isHere = (await virsh("echo", "here")).stdout === "here";
if (!isHere) console.warn("skipping what virsh makes of its commands: there is no virsh here");

test("each word is quoted, and a word that cannot be is refused", () => {
  expect(commandString([["echo", "a b"], ["list"]])).toBe("'echo' 'a b'; 'list'");
  for (const word of ["it's", "a\nb", "ä", "\u007f", "\0"]) {
    expect(() => commandString([["echo", word]])).toThrow("virsh takes no word such as");
  }
});

test("any value is JSON that can stand in quotes, and is the same when read", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string({ unit: "binary" }), (value, text) => {
      const json = quotableJson({ value, text });
      expect(() => commandString([[json]])).not.toThrow();
      expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify({ value, text })));
    }),
  );
});

test.skipIf(!isHere)(
  "virsh takes every word as it is, and as many commands as there are",
  async () => {
    const words = [
      "; list --all",
      "$(reboot) `reboot`",
      "\\",
      "\\\\;",
      '"',
      "# no comment",
      "--help",
      "a  b",
      "{}",
    ];
    const printable = fc.stringMatching(/^[ -&(-~]{1,40}$/);
    await fc.assert(
      fc.asyncProperty(fc.array(printable, { minLength: 1, maxLength: 30 }), async (more) => {
        // `--` ends the options of echo, so that a word with a hyphen is no option.
        const commands = [...words, ...more].map((word) => ["echo", "--", word]);
        const { status, stdout } = await virsh(commandString(commands));
        expect([status, stdout]).toEqual([0, [...words, ...more].join("")]);
      }),
      { numRuns: 20 },
    );
  },
);
