import { expect, test } from "vitest";
import { defaultHostPolicy } from "../../request/host-policy.ts";
import { compileInventory } from "../inventory/inventory.ts";
import { emptyOccupancy } from "../occupancy/occupancy.ts";
import { spaceFor } from "../space/space.ts";
import {
  fittingCase,
  smallWorst,
  vastWorst,
  wideWorst,
  type WorstCase,
  worstCase,
} from "../testing/worst-cases.ts";
import { effort } from "./effort.ts";
import { objectiveOf } from "./objective.ts";
import { type Found, searchSpace } from "./search.ts";

const policy = {
  ...defaultHostPolicy,
  reserved: { ...defaultHostPolicy.reserved, coresPerNode: 0 },
};

function answer({ topology, request }: WorstCase, steps = effort()): Found | null {
  const inventory = compileInventory(topology, policy);
  const space = spaceFor(inventory, emptyOccupancy(inventory), request);
  return searchSpace(space, { effort: steps, explained: true });
}

/** Of twenty thousand some of those that take the longest. */
const hardest = [2267, 3145, 4090, 5257, 5536, 9716, 14389, 19025, 19607];

const seeds = Array.from({ length: 60 }, (_, seed) => seed);

test("on up to eight nodes and sixteen accelerators no better choice is left unseen", () => {
  for (const seed of seeds) {
    const one = worstCase(smallWorst, seed);
    const steps = effort();
    answer(one, steps);
    expect([one.name, steps.sufficed()]).toEqual([one.name, true]);
  }
});

test("on them a better choice is looked for no longer than a millisecond's work", () => {
  let ended = 0;
  for (const seed of hardest) {
    const { topology, request } = worstCase(smallWorst, seed);
    const inventory = compileInventory(topology, policy);
    const space = spaceFor(inventory, emptyOccupancy(inventory), request);
    const found = searchSpace(space, {});
    const within = effort(1 << 23, 70_000);
    const best = searchSpace(space, { effort: within })?.best;
    // As far as that and one more step, and no farther.
    expect([seed, within.spent() < 75_000, found?.best]).toEqual([seed, true, best]);
    expect(found?.exhaustive).toBe(within.sufficed());
    if (!within.sufficed()) ended++;
  }
  expect(ended).toBeGreaterThan(0);
});

test("what a search says its answers cost is what the cost model says of them", () => {
  let answers = 0;
  for (const size of [smallWorst, wideWorst]) {
    for (const seed of seeds) {
      const one = worstCase(size, seed);
      const found = answer(one);
      if (found === null) continue;
      const { space, model, best, runnerUp } = found;
      for (const { cells, objective } of runnerUp === null ? [best] : [best, runnerUp]) {
        const { cost, ...exact } = objectiveOf(space, model, cells, objective.uneven);
        const { cost: said, ...rest } = objective;
        expect([one.name, rest]).toEqual([one.name, exact]);
        expect(said).toBeCloseTo(cost, 9);
        answers++;
      }
    }
  }
  expect(answers).toBeGreaterThan(80);
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

test("every search ends when its work is done or used up, also where nothing fits", () => {
  const few = 1 << 16;
  for (const size of [smallWorst, wideWorst, vastWorst]) {
    for (const seed of seeds) {
      const one = worstCase(size, seed);
      const steps = effort(few);
      const found = answer(one, steps);
      // One more piece of work may have been begun: placing all cells of a VM that strays.
      const more = 20 * 64 ** 3;
      expect([one.name, steps.spent() <= few + more]).toEqual([one.name, true]);
      if (found !== null) expect(found.exhaustive).toBe(steps.sufficed());
    }
  }
});
