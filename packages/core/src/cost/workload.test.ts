import * as fc from "fast-check";
import { expect, test } from "vitest";
import { workloads } from "../request/virtual-machine.ts";
import { profileOf, weightsOf } from "./workload.ts";
import { sum } from "../unit/sum.ts";

test.each(workloads)("the weights of %s share one whole, and none is left out", (workload) => {
  const weights = Object.values(weightsOf(workload));
  expect(weights).toHaveLength(4);
  expect(weights.every((weight) => weight > 0)).toBe(true);
  expect(sum(weights)).toBeCloseTo(1, 12);
});

test("each workload weighs most the path that it waits for", () => {
  const heaviest = workloads.map((workload) => {
    const parts = Object.entries(weightsOf(workload));
    return [workload, parts.reduce((a, b) => (b[1] > a[1] ? b : a))[0]];
  });
  expect(heaviest).toEqual([
    ["inference", "peer"],
    ["training", "peer"],
    ["staging", "hostToDevice"],
    ["compute", "memory"],
  ]);
});

test("the profiles of built-in workloads have the weights that they are written by", () => {
  expect(workloads.map((workload) => Object.values(weightsOf(workload)))).toEqual([
    [0.25, 0.3, 0.35, 0.1],
    [0.15, 0.15, 0.4, 0.3],
    [0.6, 0.25, 0.05, 0.1],
    [0.1, 0.7, 0.1, 0.1],
  ]);
  // The weights of a profile of one's own follow from what it moves, whatever it is called.
  for (const workload of workloads) {
    const [own, builtIn] = [
      weightsOf({ ...profileOf(workload), name: "own" }),
      weightsOf(workload),
    ];
    for (const part of ["hostToDevice", "memory", "peer", "network"] as const) {
      expect(own[part]).toBeCloseTo(builtIn[part], 6);
    }
  }
});

test("the weights of any profile share one whole, and follow what it moves", () => {
  const bytes = fc.integer({ min: 0, max: 2 ** 40 });
  fc.assert(
    fc.property(fc.tuple(bytes, bytes, bytes, bytes, bytes), (moved) => {
      const [hostToDeviceBytes, deviceToHostBytes, peerBytes, memoryBytes, networkBytes] = moved;
      const profile = {
        ...profileOf("inference"),
        hostToDeviceBytes,
        deviceToHostBytes,
        peerBytes,
        memoryBytes,
        networkBytes,
      };
      const weights = weightsOf(profile);
      expect(sum(Object.values(weights))).toBeCloseTo(1, 12);
      expect(Math.min(...Object.values(weights))).toBeGreaterThanOrEqual(0);
      if (sum(moved) > 0) {
        const more = weightsOf({ ...profile, memoryBytes: 2 * memoryBytes + 2 ** 20 });
        expect(more.memory).toBeGreaterThanOrEqual(weights.memory);
      }
    }),
  );
});
