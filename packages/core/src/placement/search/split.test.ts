import * as fc from "fast-check";
import { expect, test } from "vitest";
import { evenSplit, proportionalSplit } from "./split.ts";

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

test.each([
  [12, [2, 2], [6, 6]],
  [13, [2, 2], [7, 6]],
  [12, [3, 1], [9, 3]],
  [5, [1, 1, 1], [3, 1, 1]],
  [1, [1, 1], [1, 0]],
] as const)("%i in proportion to %j is %j", (total, weights, expected) => {
  expect(proportionalSplit(total, weights)).toEqual(expected);
});

test.each([
  [10, [9, 9, 9, 9], [3, 3, 2, 2]],
  [10, [2, 9], [2, 8]],
  [10, [5, 1, 9], [5, 1, 4]],
  [3, [1, 1], null],
  [0, [1, 1], [0, 0]],
] as const)("%i over room for %j is %j", (total, capacities, expected) => {
  expect(evenSplit(total, capacities)).toEqual(expected);
});

test("an even split is the most even one that fits", () => {
  const capacities = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(capacities, fc.nat(24), (room, n) => {
      const total = n % (sum(room) + 1);
      const split = evenSplit(total, room);
      expect(split === null ? -1 : sum(split)).toBe(total);
      const all = (given: readonly number[]): number[][] =>
        given.length === room.length
          ? sum(given) === total
            ? [[...given]]
            : []
          : Array.from({ length: (room[given.length] ?? 0) + 1 }, (_, units) =>
              all([...given, units]),
            ).flat();
      // The sum of squares is least where the shares are most alike.
      const squares = (shares: readonly number[]): number =>
        sum(shares.map((share) => share * share));
      expect(squares(split ?? [])).toBe(Math.min(...all([]).map(squares)));
    }),
  );
});
