import * as fc from "fast-check";
import { expect, test } from "vitest";
import { defaultHostPolicy } from "../../request/host-policy.ts";
import { catalogMachine, catalogNames } from "../../topology/catalog/catalog.ts";
import { syntheticTopology } from "../../topology/synthetic/build.ts";
import { smallTopology } from "../../../testing/topology/arbitrary-machine.ts";
import { emptyOccupancy } from "../occupancy/occupancy.ts";
import { hostClassKeys } from "../occupancy/occupancy-key.ts";
import { areIsomorphic } from "../../../testing/placement/isomorphic.ts";
import { type Inventory, inventoryOf } from "./inventory.ts";

/** Whether a symmetry maps the machine with one group of devices held onto the other. */
function canTakePlaces(inventory: Inventory, a: number, b: number): boolean {
  const empty = emptyOccupancy(inventory);
  const [heldA, heldB] = [a, b].map((group) => {
    const deviceHolders = empty.deviceHolders.slice();
    deviceHolders[group] = 1;
    return { ...empty, vms: 1, deviceHolders };
  });
  return heldA !== undefined && heldB !== undefined && areIsomorphic(inventory, heldA, heldB);
}

test("accelerators of one orbit can change places", () => {
  let met = 0;
  fc.assert(
    fc.property(smallTopology, (topology) => {
      const inventory = inventoryOf(topology, defaultHostPolicy);
      const { acceleratorOrbit } = inventory.symmetry;
      for (const a of inventory.devices.accelerators) {
        for (const b of inventory.devices.accelerators) {
          if (a.position >= b.position) continue;
          if (acceleratorOrbit[a.position] !== acceleratorOrbit[b.position]) continue;
          met++;
          expect(canTakePlaces(inventory, a.group, b.group)).toBe(true);
        }
      }
    }),
    { numRuns: 1000 },
  );
  expect(met).toBeGreaterThan(100);
});

test("without NICs and shared groups, all symmetries of one node's accelerators are found", () => {
  let met = 0;
  fc.assert(
    fc.property(smallTopology, (topology) => {
      const inventory = inventoryOf(topology, defaultHostPolicy);
      const { devices, symmetry, nodeIds } = inventory;
      const isPlain = devices.accelerators.every(
        ({ soldCompanions }) => soldCompanions.length === 0,
      );
      // With other nodes' devices fixed, a symmetry that exchanges two accelerators moves only
      // these.
      if (!isPlain || devices.nics.length > 0 || nodeIds.length > 1) return;
      if (devices.accelerators.length > 2) return;
      const [a, b] = devices.accelerators;
      if (a === undefined || b === undefined || a.node !== b.node) return;
      met++;
      expect(symmetry.acceleratorOrbit[0] === symmetry.acceleratorOrbit[1]).toBe(
        canTakePlaces(inventory, a.group, b.group),
      );
    }),
    { numRuns: 4000 },
  );
  expect(met).toBeGreaterThan(20);
});

test("accelerators of different fabric partitions cannot change places", () => {
  const text = "core:8 memory:16Gi hugepages:8x1Gi root*4[gpu:h100-sxm] nvlink:18";
  const classes = (more: string): readonly number[] =>
    inventoryOf(syntheticTopology(text + more), defaultHostPolicy).symmetry.acceleratorOrbit;
  expect(classes("")).toEqual([0, 0, 0, 0]);
  expect(classes(" partitions:0-1;2-3;0;1;2;3")).toEqual([0, 0, 1, 1]);
  expect(classes(" partitions:0-1;2-3;0;1;2")).toEqual([0, 0, 1, 2]);
  // So a host with half of either pair is in another host class than one with a whole pair.
  const inventory = inventoryOf(
    syntheticTopology(`${text} partitions:0-1;2-3;0;1;2;3`),
    defaultHostPolicy,
  );
  const keyOf = hostClassKeys(inventory);
  const holding = (...groups: readonly number[]): string => {
    const empty = emptyOccupancy(inventory);
    const deviceHolders = empty.deviceHolders.slice();
    for (const group of groups) deviceHolders[group] = 1;
    return keyOf({ ...empty, vms: groups.length, deviceHolders });
  };
  expect(holding(0, 2)).not.toBe(holding(0, 1));
  expect(holding(0, 2)).toBe(holding(1, 3));
});

/** For each machine of the catalog: the sizes of the orbits of accelerators, and of nodes. */
test("the orbits of the catalog's machines", () => {
  const sizes = (classes: readonly number[]): string =>
    [...Map.groupBy(classes, (of) => of).values()].map((members) => members.length).join(" ");
  const found = catalogNames.flatMap((name) => {
    const topology = catalogMachine(name);
    if (topology === null) return [];
    const { symmetry } = inventoryOf(topology, defaultHostPolicy);
    const { acceleratorOrbit, nodeOrbitWithDevices } = symmetry;
    return [
      `${name}: accelerators ${sizes(acceleratorOrbit)}, nodes ${sizes(nodeOrbitWithDevices)}`,
    ];
  });
  expect(found).toMatchInlineSnapshot(`
    [
      "dgx-a100: accelerators 2 2 2 2, nodes 2 2 2 2",
      "dgx-h100: accelerators 4 4, nodes 2",
      "epyc-nps4: accelerators 1 1 1 1, nodes 1 2 1 1 2 1",
      "gb200-tray: accelerators 2 2, nodes 1 1 8 8 8 8",
      "hgx-a100: accelerators 2 2 2 2, nodes 2",
      "hgx-b200: accelerators 4 4, nodes 2",
      "hgx-b300: accelerators 4 4, nodes 2",
      "hgx-h100: accelerators 4 4, nodes 2",
      "hgx-h200: accelerators 4 4, nodes 2",
      "l40s-pcie: accelerators 4 4, nodes 2",
      "mi300x: accelerators 4 4, nodes 2",
      "xeon-snc: accelerators 1 1 1 1, nodes 1 2 1 1 2 1",
    ]
  `);
});
