import { expect, test } from "vitest";
import { defaultHostPolicy } from "../../request/host-policy.ts";
import { compileInventory } from "../inventory/inventory.ts";
import { emptyOccupancy } from "../occupancy/occupancy.ts";
import { spaceFor } from "../space/space.ts";
import {
  fittingCase,
  smallWorst,
  wideWorst,
  type WorstCase,
  worstCase,
} from "../testing/worst-cases.ts";
import { type Found, searchSpace } from "./search.ts";

const policy = {
  ...defaultHostPolicy,
  reserved: { ...defaultHostPolicy.reserved, coresPerNode: 0 },
};

function answer({ topology, request }: WorstCase): Found | null {
  const inventory = compileInventory(topology, policy);
  return searchSpace(spaceFor(inventory, emptyOccupancy(inventory), request), {});
}

const seeds = Array.from({ length: 60 }, (_, seed) => seed);

test("on up to eight nodes and sixteen accelerators no better choice is left unseen", () => {
  for (const seed of seeds) {
    const one = worstCase(smallWorst, seed);
    const found = answer(one);
    expect([one.name, found === null || found.exhaustive]).toEqual([one.name, true]);
  }
});

test("what is known to fit is found, on no more nodes, however irregular the machine", () => {
  for (const size of [smallWorst, wideWorst]) {
    for (const seed of seeds) {
      const one = fittingCase(size, seed);
      const cells = answer(one)?.best.cells.length ?? Infinity;
      expect([one.name, cells <= one.cells]).toEqual([one.name, true]);
    }
  }
});
