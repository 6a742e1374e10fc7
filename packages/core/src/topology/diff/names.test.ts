import { expect, test } from "vitest";
import { replacedNames } from "../../../testing/topology/other-names.ts";
import { syntheticTopology } from "../synthetic/build.ts";
import type { Topology } from "../topology.ts";
import { differencesUnder } from "./diff-topologies.ts";
import { matchDevices } from "./match/match-devices.ts";

/** A root port, 15:01.0, a switch, 16:00.0, and below it a GPU, 18:00.0, and a NIC, 19:00.0. */
const machine = syntheticTopology("core:4 memory:8Gi root[switch[gpu:h100-pcie nic:cx7]]");

/** What is said where some names are others. */
function said(from: RegExp, to: string): readonly (readonly [string, string])[] {
  const after = replacedNames(machine, (name) => name.replace(from, to));
  return found(machine, after);
}

const found = (a: Topology, b: Topology): readonly (readonly [string, string])[] =>
  differencesUnder(a, b, matchDevices(a, b)).map(({ subject, message }) => [subject, message]);

test("what is at another address is counted, with accelerators and NICs as examples", () => {
  expect(said(/^0000:18/, "0000:28")).toEqual([
    ["addresses", "1 device is at another address: 0000:18:00.0 is 0000:28:00.0 there"],
  ]);
  expect(said(/^0000:1([89])/, "0000:2$1")).toEqual([
    [
      "addresses",
      "2 devices are at other addresses: 0000:18:00.0 is 0000:28:00.0 there, 0000:19:00.0 is 0000:29:00.0 there",
    ],
  ]);
  expect(said(/^0000:1/, "0000:2")).toEqual([
    [
      "addresses",
      "6 devices are at other addresses: 0000:18:00.0 is 0000:28:00.0 there, 0000:19:00.0 is 0000:29:00.0 there, 0000:15:01.0 is 0000:25:01.0 there, and 3 more",
    ],
  ]);
  expect(said(/^pci0000/, "pci0001")).toEqual([
    ["host bridges", "the host bridges are called otherwise"],
  ]);
});

test("groups of other numbers are said once, unless addresses or the groups themselves changed", () => {
  const grouped = (groups: readonly (number | null)[]): Topology => ({
    ...machine,
    pci: machine.pci.map((one, i) => ({ ...one, iommuGroup: groups[i] ?? null })),
  });
  const before = grouped([1, 2, 3, 3, 4, 5]);
  expect(found(before, grouped([11, 12, 13, 13, 14, 15]))).toEqual([
    ["IOMMU groups", "the IOMMU groups hold the same devices but are numbered differently"],
  ]);
  const moved = replacedNames(grouped([11, 12, 13, 13, 14, 15]), (name) =>
    name.replace(/^0000:18/, "0000:28"),
  );
  expect(found(before, moved).map(([subject]) => subject)).toEqual(["addresses"]);
  expect(found(before, grouped([1, 2, 3, 13, 4, 5]))).toEqual([
    [
      "bridge 0000:17:00.0",
      "the IOMMU group of bridge 0000:17:00.0 is its own, it was shared with 0000:17:01.0",
    ],
    [
      "bridge 0000:17:01.0",
      "the IOMMU group of bridge 0000:17:01.0 is its own, it was shared with 0000:17:00.0",
    ],
  ]);
});
