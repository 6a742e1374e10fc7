import * as fc from "fast-check";
import { expect, test } from "vitest";
import { at } from "../../../unit/list.ts";
import { transport } from "./transportation.ts";
import { sum } from "../../../unit/sum.ts";

type Rows = readonly (readonly number[])[];

const matrix = (rows: Rows): Float64Array[] => rows.map((row) => Float64Array.from(row));
const plain = (rows: readonly Float64Array[] | undefined): Rows | undefined =>
  rows?.map((row) => [...row]);

function totalCost(flow: Rows, cost: Rows): number {
  return sum(flow.flatMap((row, i) => row.map((units, j) => units * at(at(cost, i), j))));
}

/** The least cost by brute force: one unit after another from every supply that has one left. */
function cheapestByTrying(
  demands: readonly number[],
  supplies: readonly number[],
  cost: Rows,
  pairMax: number,
  sent: Rows = demands.map(() => supplies.map(() => 0)),
): number | null {
  const i = demands.findIndex((units) => units > 0);
  if (i < 0) return 0;
  const costs = supplies.flatMap((units, j) => {
    if (units === 0 || at(at(sent, i), j) >= pairMax) return [];
    const rest = cheapestByTrying(
      demands.map((d, k) => (k === i ? d - 1 : d)),
      supplies.map((s, k) => (k === j ? s - 1 : s)),
      cost,
      pairMax,
      sent.map((row, k) => (k === i ? row.map((s, l) => (l === j ? s + 1 : s)) : row)),
    );
    return rest === null ? [] : [rest + at(at(cost, i), j)];
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
      pairMax: fc.constantFrom(1, 2, Infinity, Infinity),
    });
  });

test("the flow costs as little as by brute force, meets every demand, and exceeds no supply", () => {
  const met = { flows: 0, none: 0, limited: 0 };
  fc.assert(
    fc.property(problem, ({ demands, supplies, cost, pairMax }) => {
      const found = transport(demands, supplies, matrix(cost), pairMax);
      const least = cheapestByTrying(demands, supplies, cost, pairMax);
      if (found === null) {
        met.none++;
        expect(least).toBeNull();
        return;
      }
      met.flows++;
      if (pairMax < Infinity) met.limited++;
      const flow = plain(found.flow) ?? [];
      expect(flow.map(sum)).toEqual(demands);
      for (const [j, units] of supplies.entries()) {
        expect(sum(flow.map((row) => at(row, j)))).toBeLessThanOrEqual(units);
      }
      expect(flow.flat().every((units) => units >= 0 && units <= pairMax)).toBe(true);
      expect(totalCost(flow, cost)).toBe(least);
      expect(found.cost).toBe(least);
    }),
    { numRuns: 1000 },
  );
  expect(Math.min(met.flows, met.none, met.limited)).toBeGreaterThan(100);
});

test("an early choice is taken back when a later demand needs it more", () => {
  const cost = [
    [1, 2],
    [1, 9],
  ];
  expect(plain(transport([1, 1], [1, 1], matrix(cost))?.flow)).toEqual([
    [0, 1],
    [1, 0],
  ]);
});

test("a demand takes at most `pairMax` units of one supply", () => {
  const cost = matrix([[1, 2, 9]]);
  expect(plain(transport([2], [5, 5, 5], cost)?.flow)).toEqual([[2, 0, 0]]);
  expect(plain(transport([2], [5, 5, 5], cost, 1)?.flow)).toEqual([[1, 1, 0]]);
  expect(transport([4], [5, 5, 5], cost, 1)).toBeNull();
});

test("large amounts move in a few steps", () => {
  const cost = matrix([
    [1, 2],
    [1, 2],
  ]);
  const flow = transport([100_000, 1], [60_000, 70_000], cost)?.flow;
  expect(plain(flow)?.map(sum)).toEqual([100_000, 1]);
});
