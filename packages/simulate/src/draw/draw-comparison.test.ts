import { expect, test } from "vitest";
import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import { catalogWorld } from "../catalog/scenario.ts";
import { policies, policyNamed, policyNames } from "../policy/policies.ts";
import { compare } from "../run/compare.ts";
import { figureOf } from "../run/summary.ts";
import { drawComparison } from "./draw-comparison.ts";
import { apart } from "./lines.ts";
import { aboutComparison, grouped } from "./describe.ts";

const world = catalogWorld(
  syntheticTopology(
    "package:2 core:8 memory:64Gi distances:10/21 root*4[gpu:h100-sxm]",
    "eight & <more>",
  ),
  3,
);

test("a comparison is drawn with every policy, the same every time, and nothing from elsewhere", () => {
  const seen: string[] = [];
  const all = policyNames.flatMap((name) => policyNamed(name) ?? []);
  expect(all).toHaveLength(2 * policies.length - 1);
  const comparison = compare(world, all, [1, 2], (policy) => void seen.push(policy));
  expect(seen).toEqual([...policyNames, ...policyNames]);
  const svg = drawComparison(comparison);
  expect(drawComparison(comparison)).toBe(svg);
  expect(svg).toMatch(/^<svg [^]*<\/svg>\n$/);
  expect(svg).toContain("eight &amp; &lt;more&gt;");
  for (const name of policyNames) expect(svg).toContain(`>${name}</text>`);
  expect(svg).not.toMatch(/NaN|Infinity|undefined|<script|<image|href=/);
  for (const [, x = "", width = ""] of svg.matchAll(
    /<rect[^>]* x='([^']+)'[^>]* width='([^']+)'/g,
  )) {
    expect(Number(x) + Number(width)).toBeLessThanOrEqual(1040);
  }
});

test("what is compared is told in a line", () => {
  const comparison = compare(world, policies.slice(0, 1), [7]);
  expect(aboutComparison(comparison)).toBe(
    "3 hosts · 24 GPUs · 7 flavors · means from 30 % of the time on · seed 7",
  );
  expect([0, 999, 1000, 1_213_000].map(grouped)).toEqual(["0", "999", "1,000", "1,213,000"]);
});

test("a figure over seeds is their mean and the deviation of a sample", () => {
  expect(figureOf([1, 2, 3])).toEqual({ mean: 2, deviation: 1 });
  expect(figureOf([5])).toEqual({ mean: 5, deviation: 0 });
});

test("labels are moved apart as little as it takes, and no further than there is room", () => {
  expect(apart([10, 100], 17, 400)).toEqual([10, 100]);
  expect(apart([100, 100, 100], 10, 400)).toEqual([90, 100, 110]);
  expect(apart([20, 100, 104], 10, 400)).toEqual([20, 97, 107]);
  expect(apart([95, 100, 104], 10, 100)).toEqual([80, 90, 100]);
});
