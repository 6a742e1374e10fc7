import type { HostState } from "@evenkeel/core/plan/host-state.ts";
import { bestPlans } from "@evenkeel/core/testing/placement/brute-force.ts";
import { defaultHostPolicy } from "@evenkeel/core/request/host-policy.ts";
import { accelerators, requestOf } from "@evenkeel/core/testing/request/requests.ts";
import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import { GiB } from "@evenkeel/core/unit/bytes.ts";
import { countOf } from "@evenkeel/core/unit/tally.ts";
import { expect, test } from "vitest";
import { tryCases } from "../run.ts";
import { capacities } from "./cases.ts";
import { judgeCount, judgeLoss, soldOn } from "./compare.ts";

/** A few cases of a fixed seed: `npm run exactness -- capacity` tries any number. */
const seed = 20_261_129;
const cases = 600;

test("slots and losses are those of trying every sequence of plans", async () => {
  const { kinds, mismatches } = await tryCases(capacities(seed), { from: 0, cases });
  const repeat = `npm run exactness -- capacity --seed ${seed} --cases ${cases}`;
  expect(
    mismatches.map(({ number, what }) => `case ${number}: ${what}`),
    repeat,
  ).toEqual([]);
  // Cases with one outcome alone would test nothing.
  for (const question of ["any signature", "one signature"]) {
    expect(countOf(kinds, `${question}, several`), question).toBeGreaterThan(15);
    expect(countOf(kinds, `${question}, 1`), question).toBeGreaterThan(15);
    expect(countOf(kinds, `${question}, 0`), question).toBeGreaterThan(10);
    expect(countOf(kinds, `${question}, unknown`), question).toBeLessThan(cases / 100);
  }
  expect(countOf(kinds, "loss, a choice")).toBeGreaterThan(2);
  expect(countOf(kinds, "loss, no choice")).toBeGreaterThan(20);
  const again = capacities(seed).caseAt(35);
  expect(again).toEqual(capacities(seed).caseAt(35));
  expect(again).not.toEqual(capacities(seed + 1).caseAt(35));
});

test("a wrong count, and a place with more loss than an equally good one, are noticed", () => {
  const machine = "package:2 core:4 memory:8Gi hugepages:4x1Gi root[gpu:h100-sxm]@1";
  const reserved = { coresPerNode: 0, cpus: null, memoryPerNodeBytes: 0 };
  const policy = { ...defaultHostPolicy, reserved };
  const host: HostState = { topology: syntheticTopology(machine), taken: [], policy };
  const vm = requestOf({ name: "vm", vcpus: 2, memoryBytes: 2 * GiB });
  expect(judgeCount(host, vm, null, 4).mismatch).toBeNull();
  expect(judgeCount(host, vm, null, 3).mismatch).toBe("other count: search 3, brute force 4");
  const flavor = requestOf({ accelerators: accelerators(1), vcpus: 4, memoryBytes: 2 * GiB });
  const sold = [soldOn(host, flavor)].filter((one) => one !== null);
  const judged = bestPlans(host, vm).map((plan) => [
    plan.cells.map(({ hostNode }) => hostNode),
    judgeLoss(host, vm, sold, plan).mismatch,
  ]);
  expect(judged).toEqual([
    [[0], null],
    [[1], "more is left: search 0, brute force 1"],
  ]);
});
