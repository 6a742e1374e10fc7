import { expect, test } from "vitest";
import { readXml } from "../xml/read-xml.ts";
import { pciAddressOf } from "./pci-address.ts";

test.each([
  ["domain='0x0001' bus='0x1b' slot='0x1f' function='0x7'", "0001:1b:1f.7"],
  ["bus='27' slot='0' function='0'", "0000:1b:00.0"],
  ["domain='0x10000' bus='0xFF' slot='0x00' function='0x1'", "10000:ff:00.1"],
  ["domain='none' bus='0x1b' slot='0x00' function='0x0'", null],
  ["bus='0x1b' slot='0x00'", null],
  ["bus='' slot='0x00' function='0x0'", null],
  ["bus='-1' slot='0x00' function='0x0'", null],
  ["bus='0x100' slot='0x00' function='0x0'", null],
  ["bus='0x1b' slot='0x20' function='0x0'", null],
  ["bus='0x1b' slot='0x00' function='8'", null],
  ["type='drive' controller='0' bus='0'", null],
])("the address of <address %s/> is %s", (attributes, address) => {
  expect(pciAddressOf(readXml(`<address ${attributes}/>`, "test"))).toBe(address);
});
