import * as fc from "fast-check";
import { expect, test } from "vitest";
import { at } from "../../../unit/list.ts";
import { splitByWeight, splitEvenly, sharesOf } from "./split.ts";
import { sum } from "../../../unit/sum.ts";

const byWeight = (
  total: number,
  weights: readonly number[],
  rooms = weights.map(() => Infinity),
): readonly (readonly number[])[] => {
  const split = splitByWeight(total, weights, rooms);
  return split === null ? [] : [...sharesOf(split)];
};

const evenly = (total: number, rooms: readonly number[]): readonly (readonly number[])[] => {
  const split = splitEvenly(total, rooms);
  return split === null ? [] : [...sharesOf(split)];
};

test("the remainder goes to the lowest cell that has room", () => {
  expect(byWeight(12, [2, 2])).toEqual([[6, 6]]);
  expect(byWeight(9, [1, 1])[0]).toEqual([5, 4]);
  expect(byWeight(9, [1, 1], [4, 5])).toEqual([[4, 5]]);
  expect(byWeight(9, [1, 1], [5, 4])).toEqual([[5, 4]]);
  expect(byWeight(9, [1, 1], [4, 4])).toEqual([]);
  expect(byWeight(10, [2, 1])).toEqual([
    [7, 3],
    [6, 4],
  ]);
});

test("each cell gets one before any gets another", () => {
  expect(byWeight(7, [1, 1, 1, 1])[0]).toEqual([2, 2, 2, 1]);
  expect(byWeight(7, [1, 1, 1, 1])).toHaveLength(4);
  expect(byWeight(7, [1, 1, 1, 1], [9, 1, 1, 1])).toEqual([[4, 1, 1, 1]]);
  expect(byWeight(7, [1, 1, 1, 1], [2, 9, 1, 1])).toEqual([[2, 3, 1, 1]]);
});

test("a cell whose share is nothing gets one before all others", () => {
  expect(byWeight(3, [1, 5])).toEqual([[1, 2]]);
  expect(byWeight(3, [5, 1])).toEqual([[2, 1]]);
  expect(byWeight(3, [1, 1, 1, 1])).toEqual([]);
  // The two cells that had one as their whole share wait for the third.
  expect(byWeight(6, [1, 1, 9], [9, 9, 9])).toEqual([[1, 1, 4]]);
});

test("an even split fills no cell beyond its room", () => {
  expect(evenly(6, [4, 4, 4])).toEqual([[2, 2, 2]]);
  expect(evenly(6, [4, 1, 4])[0]).toEqual([3, 1, 2]);
  expect(evenly(480, [10, 400, 400])).toEqual([[10, 235, 235]]);
  expect(evenly(5, [1, 1, 2])).toEqual([]);
  expect(evenly(2, [3, 3, 3])).toEqual([]);
});

/** Every way to give at least one of a total to each cell. */
function compositions(total: number, rooms: readonly number[]): number[][] {
  const [room, others] = [at(rooms, 0), rooms.slice(1)];
  if (others.length === 0) return total > 0 && total <= room ? [[total]] : [];
  return Array.from({ length: Math.max(0, Math.min(room, total)) }, (_, i) => i + 1).flatMap(
    (first) => compositions(total - first, others).map((rest) => [first, ...rest]),
  );
}

const cells = fc.array(
  fc.record({ weight: fc.integer({ min: 1, max: 5 }), room: fc.integer({ min: 0, max: 9 }) }),
  { minLength: 1, maxLength: 4 },
);

test("the shares are those where no cell has two more of the remainder than one with room", () => {
  let several = 0;
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 24 }), cells, (total, given) => {
      const weights = given.map(({ weight }) => weight);
      const rooms = given.map(({ room }) => room);
      const weightOfAll = sum(weights);
      const floors = weights.map((weight) => Math.floor((total * weight) / weightOfAll));
      const expected = compositions(total, rooms)
        .map((parts) => parts.map((part, i) => ({ part, more: part - at(floors, i) })))
        .filter((parts) => parts.every(({ more }) => more >= 0))
        .filter((parts) =>
          parts.every((one) =>
            parts.every((other, j) => one.more < other.more + 2 || other.part === at(rooms, j)),
          ),
        )
        .map((parts) => parts.map(({ part }) => part));
      const found = byWeight(total, weights, rooms);
      if (found.length > 1) several++;
      expect(found.toSorted(compare)).toEqual(expected.toSorted(compare));
      // The lowest first: later shares give the remainder to higher cells.
      expect(found).toEqual(found.toSorted((a, b) => compare(b, a)));
    }),
    { numRuns: 2000 },
  );
  expect(several).toBeGreaterThan(100);
});

test("an even split has the least difference between any two cells", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), cells, (total, given) => {
      const rooms = given.map(({ room }) => room);
      const all = compositions(total, rooms);
      const found = evenly(total, rooms);
      expect(found.length > 0).toBe(all.length > 0 && total >= rooms.length);
      const range = (parts: readonly number[]): number => Math.max(...parts) - Math.min(...parts);
      for (const parts of found) {
        expect(sum(parts)).toBe(total);
        expect(range(parts)).toBe(Math.min(...all.map(range)));
      }
    }),
    { numRuns: 1000 },
  );
});

function compare(a: readonly number[], b: readonly number[]): number {
  const i = a.findIndex((part, j) => part !== b[j]);
  return i < 0 ? 0 : at(a, i) - at(b, i);
}
