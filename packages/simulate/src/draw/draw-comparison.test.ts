import { expect, test } from "vitest";
import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import { catalogScenario } from "../catalog/scenario.ts";
import { policies, policyNamed, policyNames } from "../policy/policies.ts";
import { compare } from "../run/compare.ts";
import { figureOf } from "../run/summary.ts";
import { drawComparison } from "./draw-comparison.ts";
import { movedApart } from "./lines.ts";
import { aboutComparison, grouped } from "./describe.ts";

const scenario = catalogScenario(
  syntheticTopology(
    "package:2 core:8 memory:64Gi distances:10/21 root*4[gpu:h100-sxm]",
    "eight & <more>",
  ),
  3,
);

test("a drawing has every policy, is the same every time, and refers to no other file", () => {
  const seen: string[] = [];
  const all = policyNames.flatMap((name) => policyNamed(name) ?? []);
  expect(all).toHaveLength(2 * policies.length - 1);
  const comparison = compare(scenario, all, [1, 2], (policy) => void seen.push(policy));
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

test("bars in one row leave room for their labels, and texts stay within the picture", () => {
  const svg = drawComparison(compare(scenario, policies, [3]));
  const bars = [...svg.matchAll(/<rect([^>]*)\/>/g)].flatMap(([, written = ""]) => {
    const number = (name: string): number =>
      Number(new RegExp(` ${name}='([^']+)'`).exec(written)?.[1]);
    return number("height") === 10
      ? [{ x: number("x"), y: number("y"), width: number("width") }]
      : [];
  });
  // Two to a column: the whole, and the share on it.
  expect(bars.length).toBe(policies.length * 3 * 2);
  const rows = Map.groupBy(bars, ({ y }) => y);
  for (const row of rows.values()) {
    const columns = [...Map.groupBy(row, ({ x }) => x)].toSorted(([a], [b]) => a - b);
    expect(columns.length).toBe(3);
    for (const [i, [x]] of columns.entries()) {
      const before = columns[i - 1]?.[1] ?? [];
      for (const bar of before) expect(bar.x + bar.width + 62 + 36).toBeLessThanOrEqual(x);
    }
  }
  for (const [, x = ""] of svg.matchAll(/<text[^>]* x='([^']+)'/g)) {
    expect(Number(x)).toBeGreaterThan(0);
    expect(Number(x)).toBeLessThanOrEqual(1040);
  }
});

test("axes and columns have names, and say which way is better", () => {
  const svg = drawComparison(compare(scenario, policies, [3]));
  const said = [...svg.matchAll(/>([^<]*)<\/text>/g)].map(([, text = ""]) => text);
  expect(said.filter((text) => text.endsWith(" is better"))).toEqual([
    "→ longer is better",
    "← shorter is better",
    "→ longer is better",
  ]);
  for (const name of ["Policy", "GPUs allocated", "time, of the whole run"]) {
    expect(said).toContain(name);
  }
  expect(said).toContainEqual(expect.stringMatching(/^GPUs allocated, of all GPUs \(↑ higher/));
});

test("the line about a comparison names hosts, GPUs, flavors, the range of means and the seed", () => {
  const comparison = compare(scenario, policies.slice(0, 1), [7]);
  expect(aboutComparison(comparison)).toBe(
    "3 hosts · 24 GPUs · 7 flavors · means from 30 % of the time on · seed 7",
  );
  expect([0, 999, 1000, 1_213_000].map(grouped)).toEqual(["0", "999", "1,000", "1,213,000"]);
});

test("a figure over seeds has their mean and sample standard deviation", () => {
  expect(figureOf([1, 2, 3])).toEqual({ mean: 2, deviation: 1 });
  expect(figureOf([5])).toEqual({ mean: 5, deviation: 0 });
});

test("overlapping labels are moved apart as little as possible, within the chart", () => {
  expect(movedApart([10, 100], 17, 400)).toEqual([10, 100]);
  expect(movedApart([100, 100, 100], 10, 400)).toEqual([90, 100, 110]);
  expect(movedApart([20, 100, 104], 10, 400)).toEqual([20, 97, 107]);
  expect(movedApart([95, 100, 104], 10, 100)).toEqual([80, 90, 100]);
});
