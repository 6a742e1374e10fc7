import { expect, test } from "vitest";
import { workloads } from "../request/virtual-machine.ts";
import { workloadWeights } from "./workload.ts";
import { sum } from "../unit/sum.ts";

test.each(workloads)("the weights of %s share one whole, and none is left out", (workload) => {
  const weights = Object.values(workloadWeights[workload]);
  expect(weights).toHaveLength(4);
  expect(weights.every((weight) => weight > 0)).toBe(true);
  expect(sum(weights)).toBeCloseTo(1, 12);
});

test("each workload weighs most the path that it waits for", () => {
  const heaviest = workloads.map((workload) => {
    const parts = Object.entries(workloadWeights[workload]);
    return [workload, parts.reduce((a, b) => (b[1] > a[1] ? b : a))[0]];
  });
  expect(heaviest).toEqual([
    ["inference", "peer"],
    ["training", "peer"],
    ["staging", "hostToDevice"],
    ["compute", "memory"],
  ]);
});
