import { expect, test } from "vitest";
import { defaultHostPolicy } from "../../request/host-policy.ts";
import { accelerators, requestOf } from "../../../testing/request/requests.ts";
import { randomFor } from "@evenkeel/simulate/random.ts";
import { syntheticTopology } from "../../topology/synthetic/build.ts";
import type { Topology } from "../../topology/topology.ts";
import { GiB } from "../../unit/bytes.ts";
import { inventoryOf } from "../inventory/inventory.ts";
import { emptyOccupancy } from "../occupancy/occupancy.ts";
import { place } from "../../fleet/place.ts";
import { planFaults } from "../../plan/check/plan-check.ts";
import { spaceFor } from "../space/space.ts";
import { effort } from "./rank/effort.ts";
import { type SearchResult, searchSpace } from "./search.ts";

/** Forty-eight accelerators on two nodes without a symmetry: links of any number of lanes. */
function monster(seed: number): Topology {
  const random = randomFor(seed, "monster");
  const topology = syntheticTopology(
    "package:2 core:64 thread:1 memory:2Ti hugepages:1024x1Gi distances:10/21 root*24[gpu:h100-sxm]",
  );
  const addresses = topology.accelerators.map(({ address }) => address);
  const links = addresses.flatMap((a, i) =>
    addresses
      .slice(i + 1)
      .map((b) => ({ a, b, kind: "nvlink" as const, lanes: 1 + random.below(18) })),
  );
  return { ...topology, links };
}

const request = requestOf({ accelerators: accelerators(12), vcpus: 24, memoryBytes: 48 * GiB });

function answer(topology: Topology, units?: number): { found: SearchResult | null; spent: number } {
  const inventory = inventoryOf(topology, defaultHostPolicy);
  const steps = effort(units);
  const space = spaceFor(inventory, emptyOccupancy(inventory), request);
  return { found: searchSpace(space, { effort: steps, explained: true }), spent: steps.spent() };
}

test("without symmetry a search ends at its limit, with a legal answer on the fewest nodes", () => {
  const topology = monster(1);
  const { found, spent } = answer(topology);
  expect(found?.exhaustive).toBe(false);
  expect(found?.best.cells).toHaveLength(1);
  // The last charge may exceed the limit.
  expect(spent).toBeLessThan((1 << 23) * 1.01);
  const host = { topology, taken: [], policy: defaultHostPolicy };
  const plan = place([host], request);
  if (plan.kind === "Refusal") throw new Error("refused");
  expect(planFaults(plan, host, request)).toEqual([]);
  expect(plan.reasons.join(" ")).toContain("The search ended at its limit of effort");
});

test("more effort never makes the answer worse, and the same effort gives the same answer", () => {
  for (const seed of [2, 3]) {
    const topology = monster(seed);
    let before = Infinity;
    for (const units of [1 << 10, 1 << 14, 1 << 17, 1 << 20]) {
      const { found } = answer(topology, units);
      if (found === null) throw new Error("nothing was found");
      const { cost } = found.best.objective;
      expect(cost).toBeLessThanOrEqual(before);
      expect(answer(topology, units).found?.best).toEqual(found.best);
      before = cost;
    }
  }
});
