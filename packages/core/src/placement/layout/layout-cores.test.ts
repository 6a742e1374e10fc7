import * as fc from "fast-check";
import { expect, test } from "vitest";
import { defaultHostPolicy } from "../../request/host-policy.ts";
import { requestOf } from "../../../testing/request/requests.ts";
import { syntheticTopology } from "../../topology/synthetic/build.ts";
import { inventoryOf } from "../inventory/inventory.ts";
import { emptyOccupancy } from "../occupancy/occupancy.ts";
import { type Space, spaceFor } from "../space/space.ts";
import type { Layout, LayoutCell } from "./layout.ts";
import { chooseCores, coreVariants, lastCaches, nameCores } from "./layout-cores.ts";
import { sum } from "../../unit/sum.ts";

interface FreeCore {
  readonly id: number;
  readonly l3: number | null;
}

/** Cores of caches with so many free each. */
function coresOf(free: readonly number[]): FreeCore[] {
  const caches = free.flatMap((count, l3) => Array.from({ length: count }, () => l3));
  return caches.map((l3, id) => ({ id, l3 }));
}

const ids = (cores: readonly FreeCore[]): string => cores.map((core) => core.id).join(" ");

/** How many of its cores lie in each cache that a choice touches, largest first. */
function shape(cores: readonly FreeCore[]): number[] {
  return [...Map.groupBy(cores, (core) => core.l3).values()]
    .map((group) => group.length)
    .toSorted((a, b) => b - a);
}

test.each([
  // free per cache  wanted  cores
  [[4, 4], 4, "0 1 2 3"],
  [[3, 4], 4, "3 4 5 6"],
  [[4, 2], 2, "4 5"],
  [[4, 4, 3], 6, "0 1 2 3 8 9"],
  [[3, 4, 4], 6, "0 1 3 4 5 6"],
  [[1, 1, 1], 2, "0 1"],
  [[2], 3, "0 1"],
  [[], 1, ""],
] as const)("of %j free cores %i are %s", (free, wanted, expected) => {
  expect(ids(chooseCores(coresOf(free), wanted))).toBe(expected);
});

test("a core of unknown cache is a cache of its own", () => {
  const cores = [0, 1, 2].map((id) => ({ id, l3: id === 2 ? 7 : null, cpus: [id] }));
  expect(ids(chooseCores(cores, 1))).toBe("0");
  expect(ids(chooseCores(cores, 2))).toBe("0 1");
});

test("a `lastCache` that no cache has throws", () => {
  expect(ids(chooseCores(coresOf([4, 2]), 2, 4))).toBe("0 1");
  expect(() => chooseCores(coresOf([4, 2]), 2, 3)).toThrow("a cache has the 3 free cores");
});

const freePerCache = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 7 });

test("no other choice touches fewer caches", () => {
  fc.assert(
    fc.property(freePerCache, fc.nat(30), (free, n) => {
      const total = sum(free);
      const wanted = 1 + (n % total);
      const chosen = chooseCores(coresOf(free), wanted);
      expect(chosen.length).toBe(wanted);
      const subsets = Array.from({ length: 2 ** free.length }, (_, mask) =>
        free.filter((_count, i) => (mask >> i) & 1),
      );
      const enough = subsets.filter((set) => sum(set) >= wanted);
      expect(shape(chosen).length).toBe(Math.min(...enough.map((set) => set.length)));
    }),
  );
});

test("two equal VMs have one shape on equal caches, even where the host keeps a core", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 8 }),
      fc.integer({ min: 1, max: 6 }),
      fc.nat(40),
      (size, pairs, n) => {
        const caches = [size - 1, ...Array.from({ length: 2 * pairs }, () => size)];
        const cores = coresOf(caches);
        const wanted = 1 + (n % (pairs * size));
        const first = chooseCores(cores, wanted);
        const second = chooseCores(
          cores.filter((core) => !first.includes(core)),
          wanted,
        );
        expect(shape(second)).toEqual(shape(first));
      },
    ),
  );
});

test("another cache for the last cores never changes the shape", () => {
  fc.assert(
    fc.property(freePerCache, fc.nat(30), (free, n) => {
      const wanted = 1 + (n % sum(free));
      const cores = coresOf(free);
      const tightest = chooseCores(cores, wanted);
      const sizes = lastCaches(cores, wanted);
      for (const size of sizes) {
        const chosen = chooseCores(cores, wanted, size);
        expect(shape(chosen)).toEqual(shape(tightest));
        const left = cores.filter((core) => !chosen.includes(core));
        expect(left.length).toBe(cores.length - wanted);
      }
      expect(chooseCores(cores, wanted, sizes[0])).toEqual(tightest);
    }),
  );
});

/** The host keeps one core of node 0: its caches have three and four cores to sell. */
const inventory = inventoryOf(
  syntheticTopology("package:2 l3:2 core:4 memory:16Gi distances:10/21"),
  defaultHostPolicy,
);
const space = spaceFor(inventory, emptyOccupancy(inventory), requestOf({ hugepageBytes: null }));

const cell = (node: number, from: number, count: number): LayoutCell => ({
  node,
  units: [{ node: from, count }],
  granules: [{ node, count: 1 }],
  idleThreads: 0,
  accelerators: [],
  nics: [],
});

const cachesOf = (...cells: readonly LayoutCell[]): readonly string[] => cachesOn(space, cells);

function cachesOn(given: Space, cells: readonly LayoutCell[]): readonly string[] {
  const objective = {
    cells: cells.length,
    cost: 1,
    unrequestedDevices: 0,
    unevenCells: 0,
    nodeDistanceSum: 0,
    mixedClasses: 0,
  };
  const layout: Layout = { cells, partition: null, objective };
  return coreVariants(given, layout).map((variant) =>
    nameCores(given, variant.cells)
      .map((cores) => cores.map(({ l3 }) => l3).join(""))
      .join(" "),
  );
}

test("the variants take the last cores from a cache of each size, the tightest first", () => {
  expect(cachesOf(cell(0, 0, 2))).toEqual(["00", "11"]);
  expect(cachesOf(cell(0, 0, 4))).toEqual(["1111"]);
  expect(cachesOf(cell(0, 0, 2), cell(1, 1, 2))).toEqual(["00 22", "00 33", "11 22", "11 33"]);
});

test("cells with cores of one node have no variants", () => {
  expect(cachesOf(cell(0, 0, 2), cell(1, 0, 2))).toEqual(["00 11"]);
  expect(cachesOf(cell(0, 0, 1), cell(1, 0, 1))).toEqual(["0 0"]);
});

test("variants are within a class, and cores of several classes have none", () => {
  const machine = syntheticTopology("l3:3 core:4 memory:16Gi classes:0-7;8-11");
  const own = inventoryOf(machine, defaultHostPolicy);
  const classed = spaceFor(own, emptyOccupancy(own), requestOf({ hugepageBytes: null }));
  const variants = (coreClass?: number): readonly string[] => {
    const units = [{ node: 0, count: 2, ...(coreClass === undefined ? {} : { coreClass }) }];
    return cachesOn(classed, [{ ...cell(0, 0, 2), units }]);
  };
  expect([0, 1].map(variants)).toEqual([["00", "11"], ["22"]]);
  expect(variants()).toEqual(["00"]);
});
