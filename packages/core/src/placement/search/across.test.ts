import * as fc from "fast-check";
import { expect, test } from "vitest";
import { subsets } from "../testing/subsets.ts";
import { acrossShelves } from "./across.ts";
import type { Shelf } from "./shelves.ts";

/** All ways to take so many from each shelf. */
function choices(shelves: readonly Shelf[], counts: readonly number[]): readonly number[][][] {
  return shelves.reduce<number[][][]>(
    (ways, { members }, s) =>
      ways.flatMap((way) =>
        [...subsets(members, counts[s] ?? 0)].map((more) => [...way, [...more]]),
      ),
    [[]],
  );
}

/** All vectors with no more than each shelf has. */
function vectors(shelves: readonly Shelf[]): readonly number[][] {
  return shelves.reduce<number[][]>(
    (all, { members }) =>
      all.flatMap((vector) => [...Array(members.length + 1).keys()].map((n) => [...vector, n])),
    [[]],
  );
}

test("pairs across shelves cost no less, and just as much where all of them is taken", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 });
  const costs = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 81, maxLength: 81 });
  fc.assert(
    fc.property(sizes, costs, (given, table) => {
      let next = 0;
      const shelves = given.map((size, node) => ({
        node,
        members: Array.from({ length: size }, () => next++),
      }));
      const pair = (i: number, j: number): number =>
        table[Math.min(i, j) * 9 + Math.max(i, j)] ?? 0;
      const real = (choice: readonly (readonly number[])[]): number => {
        let sum = 0;
        for (const [s, some] of choice.entries()) {
          for (const others of choice.slice(s + 1)) {
            for (const i of some) for (const j of others) sum += pair(i, j);
          }
        }
        return sum;
      };
      const of = Float64Array.from({ length: 81 }, (_, at) => pair(Math.floor(at / 9), at % 9));
      const across = acrossShelves(shelves, { candidates: 9, of });
      const leastOf = (counts: readonly number[]): number => {
        across.begin(counts);
        return across.least();
      };
      for (const counts of vectors(shelves)) {
        const least = leastOf(counts);
        const cheapest = Math.min(...choices(shelves, counts).map(real));
        expect(least).toBeLessThanOrEqual(cheapest + 1e-9);
        const isWhole = counts.every((n, s) => n === 0 || n === shelves[s]?.members.length);
        if (isWhole) expect(least).toBeCloseTo(cheapest, 9);
        for (const [s, n] of counts.entries()) {
          if (n === 0) continue;
          const fewer = leastOf(counts.with(s, n - 1));
          across.begin(counts);
          across.take(s);
          expect(across.least()).toBeCloseTo(fewer, 9);
          across.untake(s);
          expect(across.least()).toBeCloseTo(least, 9);
        }
      }
    }),
  );
});
