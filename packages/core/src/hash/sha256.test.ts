import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { sha256 } from "./sha256.ts";

const nodes = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex");

test("the digests of FIPS 180-4's own examples", () => {
  expect(sha256("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  expect(sha256("")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
});

test("every length around the ends of blocks agrees with Node's", () => {
  for (let length = 0; length < 200; length++) {
    const text = "x".repeat(length);
    expect(sha256(text)).toBe(nodes(text));
  }
});

test("any text agrees with Node's, long, foreign and broken ones included", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 500 }), (text) => {
      expect(sha256(text)).toBe(nodes(text));
    }),
  );
  const long = "Evenkeel \u{1f6a2} ".repeat(20_000);
  expect(sha256(long)).toBe(nodes(long));
  expect(sha256("\u{d800}")).toBe(nodes("\u{d800}"));
});
