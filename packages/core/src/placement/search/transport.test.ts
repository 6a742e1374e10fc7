import * as fc from "fast-check";
import { expect, test } from "vitest";
import { transport } from "./transport.ts";

type Matrix = readonly (readonly number[])[];

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

function totalCost(flow: Matrix, cost: Matrix): number {
  return sum(flow.flatMap((row, i) => row.map((units, j) => units * (cost[i]?.[j] ?? 0))));
}

/** The least cost by giving the demands one unit after another to every supply that has one left. */
function cheapestByTrying(
  demands: readonly number[],
  supplies: readonly number[],
  cost: Matrix,
): number | null {
  const i = demands.findIndex((units) => units > 0);
  if (i < 0) return 0;
  const costs = supplies.flatMap((units, j) => {
    if (units === 0) return [];
    const rest = cheapestByTrying(
      demands.map((d, k) => (k === i ? d - 1 : d)),
      supplies.map((s, k) => (k === j ? s - 1 : s)),
      cost,
    );
    return rest === null ? [] : [rest + (cost[i]?.[j] ?? 0)];
  });
  return costs.length === 0 ? null : Math.min(...costs);
}

const problem = fc
  .record({ cells: fc.integer({ min: 1, max: 3 }), nodes: fc.integer({ min: 1, max: 3 }) })
  .chain(({ cells, nodes }) => {
    const amounts = (count: number): fc.Arbitrary<number[]> =>
      fc.array(fc.integer({ min: 0, max: 3 }), { minLength: count, maxLength: count });
    return fc.record({
      demands: amounts(cells),
      supplies: amounts(nodes),
      cost: fc.array(amounts(nodes), { minLength: cells, maxLength: cells }),
    });
  });

test("costs what trying everything costs, meets every demand, and exceeds no supply", () => {
  fc.assert(
    fc.property(problem, ({ demands, supplies, cost }) => {
      const flow = transport(demands, supplies, cost);
      const least = cheapestByTrying(demands, supplies, cost);
      if (flow === null) {
        expect(least).toBeNull();
        return;
      }
      expect(flow.map(sum)).toEqual(demands);
      for (const [j, units] of supplies.entries()) {
        expect(sum(flow.map((row) => row[j] ?? 0))).toBeLessThanOrEqual(units);
      }
      expect(flow.flat().every((units) => units >= 0)).toBe(true);
      expect(totalCost(flow, cost)).toBe(least);
    }),
    { numRuns: 500 },
  );
});

test("an early choice is taken back when a later demand needs it more", () => {
  const cost = [
    [1, 2],
    [1, 9],
  ];
  expect(transport([1, 1], [1, 1], cost)).toEqual([
    [0, 1],
    [1, 0],
  ]);
});

test("large amounts move in a few steps", () => {
  const flow = transport(
    [100_000, 1],
    [60_000, 70_000],
    [
      [1, 2],
      [1, 2],
    ],
  );
  expect(flow?.map(sum)).toEqual([100_000, 1]);
});
