import { expect, test } from "vitest";
import type { Claim } from "./claims.ts";
import { distributionOf } from "./distribution.ts";
import type { Way, WayResult } from "./experiment.ts";
import { twinClaims } from "./twin-claims.ts";

const result = (
  way: Way,
  loaded: readonly number[],
  alone = loaded,
  basis: WayResult["basis"] = "modelled",
): WayResult => ({ way, alone: distributionOf(alone), loaded: distributionOf(loaded), basis });

const holds = (ways: readonly WayResult[]): Record<string, Claim["holds"]> =>
  Object.fromEntries(twinClaims(ways).map((claim) => [claim.name, claim.holds]));

test("each claim of equal VMs, where it comes out and where it does not", () => {
  const good = [
    result("luck", [1, 3], [1, 1.2]),
    result("interleave", [2, 2.05]),
    result("pinned", [1, 1.1]),
    result("evenkeel", [1, 1.004]),
  ];
  expect(holds(good)).toEqual({
    "twin-slower": "yes",
    "interleave-average": "yes",
    "interleave-wrong-for-gpus": "yes",
    "pinned-blind": "yes",
    "same-twice": "yes",
  });
  const bad = [
    result("luck", [1, 1.01], [1, 1.19]),
    result("interleave", [1.2, 1.3]),
    result("pinned", [1.2, 1.2]),
    result("evenkeel", [1.2, 1.3]),
  ];
  expect(holds(bad)).toEqual({
    "twin-slower": "no",
    "interleave-average": "no",
    "interleave-wrong-for-gpus": "no",
    "pinned-blind": "no",
    "same-twice": "no",
  });
  expect(holds([result("luck", [1], [1, 1, 1, 1, 1.3])])).toEqual({ "twin-slower": "partly" });
  // About the average, yet no steadier.
  const average = [result("luck", [1, 1]), result("interleave", [1, 1.02])];
  expect(holds(average)).toMatchObject({ "interleave-average": "partly" });
});

test("a claim needs the ways that it compares, and what hangs on a guess is not judged", () => {
  expect(Object.keys(holds([result("evenkeel", [1])]))).toEqual(["same-twice"]);
  expect(Object.keys(holds([result("pinned", [1]), result("interleave", [1])]))).toEqual([]);
  expect(holds([result("evenkeel", [1], [1], "unknown")])).toEqual({ "same-twice": "unknown" });
});

test("a claim says how much longer, and how far apart", () => {
  const found = twinClaims([
    result("luck", [1, 3], [1, 1.25]),
    result("interleave", [2, 2.1]),
    result("pinned", [1, 1.5]),
    result("evenkeel", [1, 1]),
  ]).map((claim) => claim.found);
  expect(found).toEqual([
    "by 20 % or more in 100 % of all pairs; the slowest takes 1.25 times as long as the fastest",
    "mean 2.05 and at most 1.05 times apart; by luck 2.00 and 3.00",
    "interleaved, a step takes 2.05 times as long as placed by a plan",
    "mean 1.25 times that of a plan, the slowest 1.50; what a guest that sees no nodes loses beyond " +
      "that is not counted",
    "all take 1.00",
  ]);
});
