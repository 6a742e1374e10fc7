import { expect, test } from "vitest";
import { syntheticTopology } from "../synthetic/build.ts";
import type { PciDevice, Topology } from "../topology.ts";
import { differencesUnder } from "./diff-topologies.ts";
import { matchNames } from "./match/match-devices.ts";

/**
 * On node 0 a root port (15:01.0), below it a switch (16:00.0) with a port each for a GPU with two
 * VFs (18:00) and for a NIC (19:00.0); on node 1 the same.
 */
const machine = syntheticTopology(
  "package:2 core:2 memory:64Gi root[switch[gpu:h100-pcie(functions:2) nic:cx7]]",
);

type Change = (device: PciDevice) => Partial<PciDevice>;

/** What differs once the functions of these buses are changed, under the same addresses. */
function moved(...changes: readonly (readonly [where: RegExp, change: Change])[]): string[] {
  const pci = machine.pci.map((one) =>
    changes.reduce(
      (now, [where, change]) => (where.test(one.address) ? { ...now, ...change(now) } : now),
      one,
    ),
  );
  const after: Topology = { ...machine, pci };
  return differencesUnder(machine, after, matchNames(machine, after)).map(({ message }) => message);
}

const toNode1: Change = () => ({ node: 1 });
const toOtherRoot: Change = () => ({ root: "pci0000:26", node: 1 });

test("what is below a bridge, or a part of a device, goes where that goes", () => {
  const [switched, whole, below] = [/0000:16/, /0000:1[5-9]/, /0000:1[6-9]/];
  expect(moved([below, toOtherRoot], [switched, () => ({ parent: "0000:26:01.0" })])).toEqual([
    "bridge 0000:16:00.0 moved from below bridge 0000:15:01.0 on node 0 to below bridge 0000:26:01.0 on node 1",
  ]);
  expect(moved([whole, toNode1])).toEqual(["bridge 0000:15:01.0 moved from node 0 to node 1"]);
  expect(moved([whole, () => ({ root: "pci0000:26" })])).toEqual([
    "bridge 0000:15:01.0 moved from below host bridge pci0000:15 on node 0 to below host bridge pci0000:26 on node 0",
  ]);
  expect(moved([/0000:18/, () => ({ parent: "0000:17:01.0" })])).toEqual([
    "GPU 0000:18:00.0 moved from below bridge 0000:17:00.0 on node 0 to below bridge 0000:17:01.0 on node 0",
  ]);
});

test("what goes elsewhere than its bridge, or than the device that it is a part of, is said", () => {
  const all: readonly [RegExp, Change] = [/0000:1[5-9]/, toNode1];
  const bridge = "bridge 0000:15:01.0 moved from node 0 to node 1";
  expect(moved(all, [/0000:19/, () => ({ node: null })])).toEqual([
    "the node of NIC 0000:19:00.0 became unknown, it was 0",
    bridge,
  ]);
  expect(moved(all, [/0000:18:00.5/, () => ({ node: null })])).toEqual([
    "the node of VF 0000:18:00.5 became unknown, it was 0",
    bridge,
  ]);
  expect(moved(all, [/0000:19/, () => ({ parent: "0000:17:00.0" })])).toEqual([
    "NIC 0000:19:00.0 moved from below bridge 0000:17:01.0 on node 0 to below bridge 0000:17:00.0 on node 1",
    bridge,
  ]);
  expect(moved([/0000:18:00.5/, () => ({ parent: "0000:17:01.0" })])).toEqual([
    "VF 0000:18:00.5 moved from below bridge 0000:17:00.0 on node 0 to below bridge 0000:17:01.0 on node 0",
  ]);
});
