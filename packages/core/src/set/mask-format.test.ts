import * as fc from "fast-check";
import { expect, test } from "vitest";
import { emptySet, INDEX_MAX, indices, indexSet } from "./index-set.ts";
import { formatMask, parseMask } from "./mask-format.ts";

function bitsOf(value: bigint): number[] {
  return value
    .toString(2)
    .split("")
    .toReversed()
    .flatMap((bit, index) => (bit === "1" ? [index] : []));
}

/** The words of an integer, most significant first, as sysfs prints them. */
function wordsOf(value: bigint): string[] {
  const digits = value.toString(16);
  const padded = digits.padStart(Math.ceil(digits.length / 8) * 8, "0");
  return padded.match(/.{8}/g) ?? [];
}

const read = (text: string): number[] | null => {
  const set = parseMask(text);
  return set === null ? null : indices(set);
};

test("masks of sysfs and of hwloc mean the bits of the integer that they spell", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 1n << 300n }), (value) => {
      const words = wordsOf(value);
      expect(read(words.join(","))).toEqual(bitsOf(value));
      expect(read(`${words.join(",")}\n`)).toEqual(bitsOf(value));
      expect(read(words.map((word) => `0x${word}`).join(","))).toEqual(bitsOf(value));
      // hwloc leaves zeros out: a word of them is empty, and leading ones are not printed.
      const short = words.map((word, i) => (/^0+$/.test(word) && i > 0 ? "" : `0x${word}`));
      expect(read(short.join(","))).toEqual(bitsOf(value));
    }),
  );
});

test("a set is printed in full words, and as wide as it is asked for", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: 1n << 300n }), (value) => {
      expect(formatMask(indexSet(bitsOf(value)))).toBe(wordsOf(value).join(","));
    }),
  );
  expect(formatMask(indexSet([0, 33]), 3)).toBe("00000000,00000002,00000001");
  expect(formatMask(emptySet)).toBe("00000000");
});

test("a word may leave its leading zeros out", () => {
  expect(read("f")).toEqual([0, 1, 2, 3]);
  expect(read("1,00000000")).toEqual([32]);
  expect(read("0X1,00000001")).toEqual([0, 32]);
  expect(read("80000000")).toEqual([31]);
  expect(read("0")).toEqual([]);
});

test.each(["", " ", "g", "0xg", "123456789", "0x1 0x2", "-1", "0xf...f", "1;2"])(
  "%j is no mask",
  (text) => {
    expect(parseMask(text)).toBeNull();
  },
);

test("bits above INDEX_MAX are refused, zeros there are not", () => {
  const words = (INDEX_MAX + 1) / 32;
  expect(read(["80000000", ...Array(words - 1).fill("0")].join(","))).toEqual([INDEX_MAX]);
  expect(read(["1", ...Array(words).fill("0")].join(","))).toBeNull();
  expect(read(["0", ...Array(words).fill("0")].join(","))).toEqual([]);
});
