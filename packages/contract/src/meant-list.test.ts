import { indexSet } from "@evenkeel/core/set/index-set.ts";
import { formatList, parseList } from "@evenkeel/core/set/list-format.ts";
import { isDeviceName } from "@evenkeel/core/topology/device-pattern.ts";
import { isPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { addressMeant, devicePatternMeant, indexListMeant, listMeant } from "./meant-list.ts";

const offered = (answer: string | null): string => /^write "(.*)"$/.exec(answer ?? "")?.[1] ?? "";

test("a list of CPUs written in another way is offered as it is read, with the same CPUs", () => {
  const range = fc.tuple(fc.nat(400), fc.nat(400));
  const joint = fc.constantFrom("-", "..", "...", ":");
  const gap = fc.constantFrom(",", " ", ", ", ";");
  fc.assert(
    fc.property(
      fc.array(range, { minLength: 1, maxLength: 6 }),
      joint,
      gap,
      (ranges, to, comma) => {
        const written = ranges.map(([a, b]) => (a === b ? `${a}` : `${a}${to}${b}`)).join(comma);
        const members = ranges.flatMap(([a, b]) =>
          Array.from({ length: Math.abs(a - b) + 1 }, (_, i) => Math.min(a, b) + i),
        );
        expect(offered(indexListMeant(written))).toBe(formatList(indexSet(members)));
      },
    ),
  );
  const others: readonly (readonly [unknown, string])[] = [
    [0, "0"],
    [[3, 1, 2], "1-3"],
    [["0-3", 8], "0-3,8"],
    ["0x3", "0-1"],
    ["0xf0000000000000000", "64-67"],
    ["all", ""],
    ["0-7,^3", ""],
    ["0-99999", ""],
    [null, ""],
    ["", ""],
  ];
  for (const [found, list] of others) {
    expect([found, offered(indexListMeant(found))]).toEqual([found, list]);
    expect(parseList(list)).not.toBeNull();
  }
});

test("an address or ids in another form are offered as they are read", () => {
  const forms = "18:00.0 0000:1B:00.0 0000:18:00 pci_0000_18_00_1 00000000:18:00.0 18:1f.7";
  const addresses = forms.split(" ").map((form) => offered(addressMeant(form)));
  expect(addresses.join(" ")).toBe(
    "0000:18:00.0 0000:1b:00.0 0000:18:00.0 0000:18:00.1 0000:18:00.0 0000:18:1f.7",
  );
  expect(addresses.every(isPciAddress)).toBe(true);
  expect(addressMeant("10de:2330")).toMatch(/ids say a kind of device/);
  expect(addressMeant("mlx5_0")).toMatch(/evenkeel topology shows the address/);
  expect(addressMeant(4)).toBeNull();
  const patterns = "10DE:2330 10de 0x10de:0x2330 10de: 18:00.0"
    .split(" ")
    .map((form) => offered(devicePatternMeant(form)));
  expect(patterns.join(" ")).toBe("10de:2330 10de:* 10de:2330 10de:* 0000:18:00.0");
  expect(patterns.every(isDeviceName)).toBe(true);
  expect(devicePatternMeant("H100")).toMatch(/lspci -nn/);
});

test("one value in place of a list is offered in brackets", () => {
  expect(listMeant("sources", "machine:hgx-h100")).toBe('write sources: ["machine:hgx-h100"]');
  expect(listMeant("exclude", "a, b")).toBe('write exclude: ["a", "b"]');
  expect(listMeant("nics", "none")).toBe("write nics: []");
  expect(listMeant("nics", "all")).toBe("leave nics out: then it is all");
  expect(listMeant("hosts", { a: 1 })).toMatch(/dash/);
  expect(listMeant("hosts", null)).toBeNull();
});
