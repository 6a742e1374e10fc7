import * as fc from "fast-check";
import { expect, test } from "vitest";
import { defaultHostPolicy, type HostPolicy } from "../../request/host-policy.ts";
import { syntheticTopology } from "../../topology/synthetic/build.ts";
import { smallTopology } from "../../../testing/topology/arbitrary-machine.ts";
import { at } from "../../unit/list.ts";
import { read, write } from "../../unit/vector.ts";
import type { Device } from "../inventory/devices.ts";
import { type Inventory, inventoryOf } from "../inventory/inventory.ts";
import { compareObjectives } from "../layout/layout.ts";
import { layoutSignature } from "../layout/layout-signature.ts";
import { spaceFor } from "../space/space.ts";
import {
  layoutsOf,
  randomUse,
  type RandomUse,
  smallRequest,
  useOf,
} from "../../../testing/placement/arbitrary-occupancy.ts";
import { areIsomorphic } from "../../../testing/placement/isomorphic.ts";
import { emptyOccupancy, occupied, type Occupancy } from "./occupancy.ts";
import { hostClassKeys } from "./occupancy-key.ts";

/** Enough memory for all random uses. */
const policy: HostPolicy = {
  ...defaultHostPolicy,
  reserved: { coresPerNode: 0, cpus: null, memoryPerNodeBytes: 0 },
};

const even = fc
  .constantFrom(
    "package:2 core:4 memory:16Gi hugepages:6x1Gi distances:10/21 root*2[switch[gpu:h100-sxm nic:cx7]]",
    "package:2 node:2 core:2 memory:8Gi distances:10/12/32 root[gpu:h100-sxm]",
    "package:1 l3:2 core:2 memory:16Gi root*4[gpu:h100-sxm] nvlink:18",
  )
  .map((text) => syntheticTopology(text));

function occupiedBy(inventory: Inventory, uses: readonly RandomUse[]): Occupancy {
  return uses.reduce(
    (before, random) => occupied(inventory, before, useOf(inventory, random)),
    emptyOccupancy(inventory),
  );
}

/** The same amounts elsewhere: every choosing number is shifted by its own amount. */
function moved(uses: readonly RandomUse[], by: readonly number[]): RandomUse[] {
  let next = 0;
  const shift = (): number => at(by, next++ % by.length);
  return uses.map((use) => ({
    ...use,
    cores: use.cores.map((core) => core + shift()),
    devices: use.devices.map((device) => device + shift()),
    memory: use.memory.map((part) => ({ ...part, node: part.node + shift() })),
  }));
}

const pair = fc.record({
  topology: fc.oneof(smallTopology, even),
  uses: fc.array(randomUse, { maxLength: 2 }),
  by: fc.array(fc.nat(7), { minLength: 1, maxLength: 6 }),
});

test("occupancies of one key differ only by a symmetry", () => {
  let met = 0;
  fc.assert(
    fc.property(pair, ({ topology, uses, by }) => {
      const inventory = inventoryOf(topology, policy);
      const keyOf = hostClassKeys(inventory);
      const [a, b] = [occupiedBy(inventory, uses), occupiedBy(inventory, moved(uses, by))];
      if (keyOf(a) !== keyOf(b)) return;
      if (JSON.stringify(a) !== JSON.stringify(b)) met++;
      expect(areIsomorphic(inventory, a, b)).toBe(true);
    }),
    { numRuns: 3000 },
  );
  expect(met).toBeGreaterThan(50);
});

test("exchanging items of one orbit keeps the key", () => {
  let met = 0;
  fc.assert(
    fc.property(pair, ({ topology, uses }) => {
      const inventory = inventoryOf(topology, policy);
      const keyOf = hostClassKeys(inventory);
      const before = occupiedBy(inventory, uses);
      const { symmetry, devices } = inventory;
      const groupsOf = (one: Device): readonly number[] => {
        const own = at(symmetry.ownNics, one.position).map((nic) => at(devices.nics, nic));
        return [one, ...own].map(({ group }) => group);
      };
      for (const a of devices.accelerators) {
        for (const b of devices.accelerators) {
          if (symmetry.acceleratorOrbit[a.position] !== symmetry.acceleratorOrbit[b.position]) {
            continue;
          }
          const swapped = before.deviceHolders.slice();
          const others = groupsOf(b);
          for (const [i, group] of groupsOf(a).entries()) {
            const other = at(others, i);
            write(swapped, group, read(before.deviceHolders, other));
            write(swapped, other, read(before.deviceHolders, group));
          }
          if (a !== b) met++;
          expect(keyOf({ ...before, deviceHolders: swapped })).toBe(keyOf(before));
        }
      }
    }),
    { numRuns: 500 },
  );
  expect(met).toBeGreaterThan(50);
});

test("occupancies of one key give every request the same answer", () => {
  fc.assert(
    fc.property(pair, smallRequest, ({ topology, uses, by }, request) => {
      const inventory = inventoryOf(topology, policy);
      const keyOf = hostClassKeys(inventory);
      const [a, b] = [occupiedBy(inventory, uses), occupiedBy(inventory, moved(uses, by))];
      if (keyOf(a) !== keyOf(b)) return;
      const answers = [a, b].map((occupancy) => {
        const space = spaceFor(inventory, occupancy, request);
        const layouts = layoutsOf(inventory, occupancy, request).toSorted((x, y) =>
          compareObjectives(x.objective, y.objective),
        );
        const signatures = layouts.map((layout) => layoutSignature(space, layout).signature);
        const { cost, ...best } = layouts[0]?.objective ?? {};
        return { cost: cost?.toFixed(9), best, signatures: [...new Set(signatures)].toSorted() };
      });
      expect(answers[0]).toEqual(answers[1]);
    }),
    { numRuns: 1500 },
  );
});
