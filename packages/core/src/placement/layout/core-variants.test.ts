import { expect, test } from "vitest";
import { defaultHostPolicy } from "../../request/host-policy.ts";
import { requestOf } from "../../../testing/request/requests.ts";
import { syntheticTopology } from "../../topology/synthetic/build.ts";
import { inventoryOf } from "../inventory/inventory.ts";
import { nameCores } from "./name-cores.ts";
import { emptyOccupancy } from "../occupancy/occupancy.ts";
import { spaceFor } from "../space/space.ts";
import { coreVariants } from "./core-variants.ts";
import type { Layout, LayoutCell } from "./layout.ts";

/** One core of node 0 is the host's: its caches have three and four cores to sell. */
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

function cachesOf(...cells: readonly LayoutCell[]): readonly string[] {
  const objective = {
    cells: cells.length,
    cost: 1,
    unrequestedDevices: 0,
    unevenCells: 0,
    nodeDistanceSum: 0,
  };
  const layout: Layout = { cells, partition: null, objective };
  return coreVariants(space, layout).map((variant) =>
    nameCores(space, variant.cells)
      .map((cores) => cores.map(({ l3 }) => l3).join(""))
      .join(" "),
  );
}

test("the last cores are from a cache of each size, the tightest first", () => {
  expect(cachesOf(cell(0, 0, 2))).toEqual(["00", "11"]);
  expect(cachesOf(cell(0, 0, 4))).toEqual(["1111"]);
  expect(cachesOf(cell(0, 0, 2), cell(1, 1, 2))).toEqual(["00 22", "00 33", "11 22", "11 33"]);
});

test("cells that have cores of one node take them as they come, and all that they need", () => {
  expect(cachesOf(cell(0, 0, 2), cell(1, 0, 2))).toEqual(["00 11"]);
  expect(cachesOf(cell(0, 0, 1), cell(1, 0, 1))).toEqual(["0 0"]);
});
