import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  comparePciAddresses,
  isPciAddress,
  normalPciAddress,
  pciAddressParts,
} from "./pci-address.ts";

const parts = fc.record({
  domain: fc.oneof(fc.constant(0), fc.nat(0xffff), fc.nat(0xffffffff)),
  bus: fc.nat(255),
  device: fc.nat(31),
  function: fc.nat(7),
});

const hex = (n: number, digits: number): string => n.toString(16).padStart(digits, "0");

function text(of: { domain: number; bus: number; device: number; function: number }): string {
  return `${hex(of.domain, 4)}:${hex(of.bus, 2)}:${hex(of.device, 2)}.${of.function}`;
}

test("an address is its four numbers, and the other way around", () => {
  fc.assert(
    fc.property(parts, (of) => {
      expect(isPciAddress(text(of))).toBe(true);
      expect(pciAddressParts(text(of))).toEqual(of);
    }),
  );
});

test("addresses are ordered by their numbers", () => {
  fc.assert(
    fc.property(parts, parts, (a, b) => {
      const numbers = (of: typeof a): bigint =>
        (BigInt(of.domain) << 16n) | BigInt((of.bus << 8) | (of.device << 3) | of.function);
      const [x, y] = [numbers(a), numbers(b)];
      expect(Math.sign(comparePciAddresses(text(a), text(b)))).toBe(x < y ? -1 : x > y ? 1 : 0);
    }),
  );
});

test("the forms that tools print become the kernel's", () => {
  expect(normalPciAddress("1B:00.0")).toBe("0000:1b:00.0");
  expect(normalPciAddress("00000000:1B:00.0")).toBe("0000:1b:00.0");
  expect(normalPciAddress("00010000:1b:00.0")).toBe("10000:1b:00.0");
  expect(normalPciAddress(" 0008:01:00.0\n")).toBe("0008:01:00.0");
  fc.assert(
    fc.property(parts, (of) => {
      const padded = `${hex(of.domain, 8)}${text(of).slice(text(of).indexOf(":"))}`;
      expect(normalPciAddress(padded.toUpperCase())).toBe(text(of));
      expect(normalPciAddress(text(of))).toBe(text(of));
    }),
  );
});

test.each([
  "",
  "1b:00",
  "0000:1b:00",
  "0000:1b:20.0",
  "0000:1b:00.8",
  "000:1b:00.0",
  "0000:1g:00.0",
])("%j is not an address", (address) => {
  expect(isPciAddress(address)).toBe(false);
  expect(normalPciAddress(address)).toBeNull();
  expect(pciAddressParts(address)).toBeNull();
});

test("documents hold only the full lower-case form", () => {
  expect(isPciAddress("1b:00.0")).toBe(false);
  expect(isPciAddress("0000:1B:00.0")).toBe(false);
});
