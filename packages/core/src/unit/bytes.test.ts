import * as fc from "fast-check";
import { expect, test } from "vitest";
import { formatBytes, formatQuantity, GiB, KiB, MiB, parseQuantity, TiB } from "./bytes.ts";

const scales: Readonly<Record<string, bigint>> = {
  "": 1n,
  k: 1000n,
  M: 1000n ** 2n,
  G: 1000n ** 3n,
  T: 1000n ** 4n,
  P: 1000n ** 5n,
  Ki: 1024n,
  Mi: 1024n ** 2n,
  Gi: 1024n ** 3n,
  Ti: 1024n ** 4n,
  Pi: 1024n ** 5n,
};

test("a quantity is its number times its suffix, exactly, a begun byte counting whole", () => {
  const quantity = fc.record({
    whole: fc.oneof(fc.bigInt({ min: 0n, max: 4096n }), fc.bigInt({ min: 0n, max: 10n ** 15n })),
    fraction: fc.oneof(fc.constant(""), fc.stringMatching(/^[0-9]{1,9}$/)),
    unit: fc.constantFrom(...Object.entries(scales)),
  });
  fc.assert(
    fc.property(quantity, ({ whole, fraction, unit: [suffix, scale] }) => {
      const parts = 10n ** BigInt(fraction.length);
      const begun = (BigInt(fraction === "" ? 0 : fraction) * scale + parts - 1n) / parts;
      const exact = whole * scale + begun;
      const text = `${whole}${fraction === "" ? "" : `.${fraction}`}${suffix}`;
      const expected = exact <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(exact) : null;
      expect(parseQuantity(text)).toBe(expected);
    }),
    { numRuns: 2000 },
  );
});

test("quantities as people write them", () => {
  expect(parseQuantity("480Gi")).toBe(480 * GiB);
  expect(parseQuantity("1.5Ti")).toBe(1.5 * TiB);
  expect(parseQuantity(" 1024 ")).toBe(1024);
  expect(parseQuantity("0")).toBe(0);
  expect(parseQuantity("1.3Gi")).toBe(1395864372);
  expect(parseQuantity("0.1")).toBe(1);
});

test.each([
  "",
  "Gi",
  "-1Gi",
  "+1Gi",
  "1 Gi",
  "1gi",
  "1GB",
  "1e3",
  ".5Gi",
  "1.Gi",
  "1,5Gi",
  "0x10",
  "NaN",
])("%j is no quantity", (text) => {
  expect(parseQuantity(text)).toBeNull();
});

test.each(["9007199254740992", "9007199254740993", "8Pi1", "9Pi", "99999999999999999999Gi"])(
  "%j is more than can be counted exactly",
  (text) => {
    expect(parseQuantity(text)).toBeNull();
  },
);

test("the shortest exact quantity gives the bytes back", () => {
  const bytes = fc.oneof(
    fc.nat(Number.MAX_SAFE_INTEGER),
    fc.tuple(fc.nat(2000), fc.constantFrom(KiB, MiB, GiB, TiB)).map(([n, unit]) => n * unit),
  );
  fc.assert(
    fc.property(bytes, (n) => {
      expect(parseQuantity(formatQuantity(n))).toBe(n);
    }),
  );
  expect(formatQuantity(480 * GiB)).toBe("480Gi");
  expect(formatQuantity(1.5 * TiB)).toBe("1536Gi");
  expect(formatQuantity(0)).toBe("0");
  expect(formatQuantity(1025)).toBe("1025");
});

test("bytes for people have the largest unit and at most one decimal", () => {
  expect(formatBytes(0)).toBe("0 B");
  expect(formatBytes(1023)).toBe("1023 B");
  expect(formatBytes(1024)).toBe("1 KiB");
  expect(formatBytes(1.5 * TiB)).toBe("1.5 TiB");
  expect(formatBytes(480 * GiB)).toBe("480 GiB");
  expect(formatBytes(1023.9 * GiB)).toBe("1023.9 GiB");
  expect(formatBytes(2 * 1024 * TiB)).toBe("2 PiB");
});

test("an amount that rounds to 1024 of a unit is one of the next unit", () => {
  expect(formatBytes(TiB - 1)).toBe("1.0 TiB");
  expect(formatBytes(MiB - 1)).toBe("1.0 MiB");
  fc.assert(
    fc.property(fc.nat(Number.MAX_SAFE_INTEGER), (n) => {
      expect(formatBytes(n)).toMatch(/^(\d{1,4}|\d{1,4}\.\d) (B|KiB|MiB|GiB|TiB|PiB)$/);
      expect(Number.parseFloat(formatBytes(n))).toBeLessThan(n < 1024 * 1024 * TiB ? 1024 : 9000);
    }),
  );
});
