import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  acceleratorPatterns,
  isDevicePattern,
  matchingDevices,
  nicPatterns,
} from "./device-pattern.ts";
import { syntheticTopology } from "./synthetic/build.ts";
import { wideTopology } from "../../testing/topology/arbitrary-machine.ts";

const { pci } = syntheticTopology(
  "core:1 root[gpu:h100-sxm(with:audio) gpu:mi300x gpu:edu gpu(id:10de:2204 class:030000) nic:cx7 nic:e810 dev:nvme dev:nvswitch]",
);
const found = (...patterns: string[]): string[] =>
  matchingDevices(pci, patterns).map(({ vendor, device }) => `${vendor}:${device}`);

test("a pattern names a vendor, a device and the beginning of a class, or leaves them open", () => {
  expect(found("10de:2330")).toEqual(["10de:2330"]);
  expect(found("10de:*:0302")).toEqual(["10de:2330"]);
  expect(found("10de:*:03")).toEqual(["10de:2330", "10de:2204"]);
  expect(found("10de:*:*")).toEqual(["10de:2330", "10de:22ba", "10de:2204", "10de:22a3"]);
  expect(found("*:*:0200", "*:*:0207")).toEqual(["15b3:1021", "8086:1592"]);
  expect(found("*:a80a")).toEqual(["144d:a80a"]);
  expect(found()).toEqual([]);
  expect(found("8086:2330")).toEqual([]);
});

test("accelerators are GPUs, processing accelerators and QEMU's educational device", () => {
  expect(found(...acceleratorPatterns)).toEqual([
    "10de:2330",
    "1002:74a1",
    "1234:11e8",
    "10de:2204",
  ]);
  expect(found(...nicPatterns)).toEqual(["15b3:1021", "8086:1592"]);
});

test("the patterns find exactly the accelerators and NICs of a synthetic machine", () => {
  fc.assert(
    fc.property(wideTopology, (topology) => {
      const matching = (patterns: readonly string[]): string[] =>
        matchingDevices(topology.pci, patterns).map(({ address }) => address);
      expect(matching(acceleratorPatterns)).toEqual(
        topology.accelerators.map((one) => one.address),
      );
      expect(matching(nicPatterns)).toEqual(topology.nics.map((one) => one.address));
    }),
  );
});

test("virtual functions do not match by themselves, only their physical function does", () => {
  const virtual = pci.map((one) => ({ ...one, physicalFunction: "0000:00:00.0" }));
  expect(matchingDevices(virtual, acceleratorPatterns)).toEqual([]);
});

test("patterns are distinguished from other texts", () => {
  for (const pattern of [...acceleratorPatterns, ...nicPatterns, "*:*", "10de:2330:030200"]) {
    expect(isDevicePattern(pattern)).toBe(true);
  }
  for (const text of [
    "",
    "10de",
    "10DE:2330",
    "10de:233",
    "10de:2330:3",
    "10de:2330:0302000",
    "*:*:*:*",
  ]) {
    expect(isDevicePattern(text)).toBe(false);
  }
});
