import { planSignature } from "@evenkeel/core/plan/signature/signature.ts";
import { contradictions } from "@evenkeel/core/topology/check.ts";
import { wideTopology } from "@evenkeel/core/testing/topology/arbitrary-machine.ts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { randomFor } from "../../fuzz/random.ts";
import { anyPlacementOn, randomPlacements } from "./placements.ts";
import { relabeled } from "./relabel.ts";
import { comparePairs, renameAll } from "./signatures.ts";
import { areTwins, figureOf } from "./twins.ts";

/** A fixed seed and less than `npm run exactness -- signatures` does. */
const seed = 20_261_123;

test("a placement keeps its signature under other names", () => {
  expect(renameAll(seed, 1000).changed, `seed ${seed}`).toEqual([]);
});

test("a placement on any machine keeps its signature under other names", () => {
  fc.assert(
    fc.property(wideTopology, fc.nat(), (topology, choice) => {
      const random = randomFor(choice, "machine", 0);
      const placement = anyPlacementOn(topology, random);
      const renamed = relabeled(placement, random);
      expect(contradictions(renamed.topology)).toEqual([]);
      expect(areTwins(figureOf(placement), figureOf(renamed))).toBe(true);
      expect(planSignature(renamed.plan, renamed.topology).signature).toBe(
        planSignature(placement.plan, topology).signature,
      );
    }),
    { numRuns: 300 },
  );
});

test("two placements share a signature exactly when a renaming makes one the other", () => {
  const { twins, others, nearly, faults } = comparePairs(seed, 2000);
  expect(faults, `seed ${seed}`).toEqual([]);
  // There are pairs of every kind, even some that only a search for a renaming can distinguish.
  expect(twins).toBeGreaterThan(2000);
  expect(nearly).toBeGreaterThan(200);
  expect(twins + others).toBe((2000 * 1999) / 2);
});

test("the search for a renaming finds one, and none where memory lies elsewhere", () => {
  let moved = 0;
  for (const [i, placement] of randomPlacements(seed, 300).entries()) {
    const renamed = relabeled(placement, randomFor(seed, "renamed", i));
    expect(areTwins(figureOf(placement), figureOf(renamed)), `placement ${i}`).toBe(true);
    const { topology, plan } = placement;
    const [first, ...rest] = plan.cells;
    if (first === undefined || topology.nodes.length < 2) continue;
    const cells = [{ ...first, memoryOnNodes: [{ node: first.hostNode, bytes: 4096 }] }, ...rest];
    const other = { topology, plan: { ...plan, cells } };
    expect(areTwins(figureOf(placement), figureOf(other)), `placement ${i}`).toBe(false);
    moved++;
  }
  expect(moved).toBeGreaterThan(100);
});

test("relabeling renames everything", () => {
  const [placement] = randomPlacements(seed, 1);
  if (placement === undefined) throw new RangeError("there is one");
  const { topology, plan } = relabeled(placement, randomFor(seed, "names", 0));
  const before = new Set(placement.topology.pci.map((device) => device.address));
  expect(topology.pci.filter((device) => before.has(device.address))).toEqual([]);
  expect(topology.cores.map((core) => core.cpus)).not.toEqual(
    placement.topology.cores.map((core) => core.cpus),
  );
  expect(planSignature(plan, topology).signature).toBe(
    planSignature(placement.plan, placement.topology).signature,
  );
});
