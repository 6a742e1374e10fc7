import * as fc from "fast-check";
import { expect, test } from "vitest";
import { planContradictions } from "../../src/plan/check/plan-consistency.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { generatedPlans } from "./generated-plans.ts";
import { sumOf } from "../../src/unit/sum.ts";

test("generated plans are consistent", () => {
  fc.assert(
    fc.property(generatedPlans, (plan) => {
      expect(planContradictions(plan)).toEqual([]);
    }),
  );
});

const kinds: Readonly<Record<string, (plan: Plan) => boolean>> = {
  "more than 255 vCPUs": ({ cells }) => sumOf(cells, ({ vcpus }) => vcpus.length) > 255,
  "unequal cells": ({ cells }) => new Set(cells.map(({ vcpus }) => vcpus.length)).size > 1,
  "pages of several sizes": ({ cells }) => new Set(cells.map((cell) => cell.pageBytes)).size > 1,
  "floating vCPUs": ({ cells }) => cells.some(({ vcpus }) => vcpus.some((v) => "cpus" in v)),
  "memory on several nodes": ({ cells }) => cells.some((cell) => cell.memoryOnNodes.length > 1),
  "memory not on the cell's own node": ({ cells }) =>
    cells.some((cell) => cell.memoryOnNodes.every(({ node }) => node !== cell.hostNode)),
  "no distances": ({ distances }) => distances === null,
  "asymmetric distances": ({ distances }) =>
    distances?.some((row, i) => row.some((d, j) => d !== distances[j]?.[i])) ?? false,
  "a distance of 10 between cells": ({ distances }) =>
    distances?.some((row, i) => row.some((d, j) => i !== j && d === 10)) ?? false,
  "no devices": ({ devices }) => devices.length === 0,
  "many devices": ({ devices }) => devices.length > 12,
  "unknown BARs": ({ devices }) => devices.some(({ barBytes }) => barBytes === null),
  companions: ({ devices }) => devices.some(({ companions }) => companions.length > 0),
  "a device whose function is not 0": ({ devices }) =>
    devices.some((d) => !d.address.endsWith("0")),
  aarch64: ({ architecture }) => architecture === "aarch64",
};

test.each(Object.entries(kinds))("generated plans have %s now and then", (_, holds) => {
  const found = fc.sample(generatedPlans, { numRuns: 500, seed: 11 }).filter(holds);
  expect(found.length).toBeGreaterThan(4);
  expect(found.length).toBeLessThan(500);
});
