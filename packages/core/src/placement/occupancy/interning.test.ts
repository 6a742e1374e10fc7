import * as fc from "fast-check";
import { expect, test } from "vitest";
import { defaultHostPolicy } from "../../request/host-policy.ts";
import { indexSet } from "../../set/index-set.ts";
import { syntheticTopology } from "../../topology/synthetic/build.ts";
import { inventoryOf } from "../inventory/inventory.ts";
import { emptyOccupancy, type Occupancy, occupied, type Use } from "./occupancy.ts";
import { occupancyInterner } from "./interning.ts";

const inventory = inventoryOf(
  syntheticTopology("package:2 core:3 memory:4Gi root[gpu:h100-sxm]"),
  defaultHostPolicy,
);
const other = inventoryOf(inventory.topology, { ...defaultHostPolicy });

const use: fc.Arbitrary<Use> = fc.record({
  isolation: fc.constantFrom("core", "l3", "node", "host", "shared"),
  cores: fc.uniqueArray(fc.nat(5), { maxLength: 2 }),
  nodes: fc.uniqueArray(fc.nat(1), { maxLength: 2 }),
  memory: fc.array(
    fc.record({ node: fc.nat(1), pool: fc.constant(0), bytes: fc.constantFrom(1, 4096) }),
    { maxLength: 2 },
  ),
  deviceGroups: fc.uniqueArray(fc.nat(1), { maxLength: 2 }),
  floating: fc.array(
    fc.record({
      cpus: fc.nat(3).map((cpu) => indexSet([cpu])),
      vcpus: fc.integer({ min: 1, max: 2 }),
    }),
    { maxLength: 2 },
  ),
});

const after = (uses: readonly Use[]): Occupancy =>
  uses.reduce((before, one) => occupied(inventory, before, one), emptyOccupancy(inventory));

const text = (occupancy: Occupancy): string =>
  JSON.stringify(occupancy, (_, value: unknown) =>
    ArrayBuffer.isView(value) ? Object.values(value) : value,
  );

test("occupancies are one object exactly when they are equal", () => {
  const count = { same: 0, different: 0 };
  fc.assert(
    fc.property(fc.array(use, { maxLength: 2 }), fc.array(use, { maxLength: 2 }), (a, b) => {
      const intern = occupancyInterner();
      const [left, right] = [after(a), after(b)];
      const shared = intern(inventory, left);
      expect(shared).toEqual(left);
      expect(intern(inventory, after(a))).toBe(shared);
      const isSame = text(left) === text(right);
      count[isSame ? "same" : "different"]++;
      expect(intern(inventory, right) === shared).toBe(isSame);
    }),
    { numRuns: 3000 },
  );
  expect(Math.min(count.same, count.different)).toBeGreaterThan(30);
});

test("machines do not share objects", () => {
  const intern = occupancyInterner();
  const empty = emptyOccupancy(inventory);
  const shared = intern(inventory, empty);
  expect(shared).not.toBe(empty);
  expect(intern(other, empty)).not.toBe(shared);
  expect(intern(other, empty)).toEqual(empty);
});

test("a cleared cache makes new objects, and still one for equal occupancies", () => {
  const intern = occupancyInterner();
  const empty = emptyOccupancy(inventory);
  const first = intern(inventory, empty);
  for (let vms = 1; vms <= 5000; vms++) intern(inventory, { ...empty, vms });
  const again = intern(inventory, empty);
  expect(again).toEqual(first);
  expect(again).not.toBe(first);
  expect(intern(inventory, emptyOccupancy(inventory))).toBe(again);
});
