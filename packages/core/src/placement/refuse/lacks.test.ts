import * as fc from "fast-check";
import { expect, test } from "vitest";
import { at } from "../../unit/list.ts";
import { sharesOf, splitByWeight, splitEvenly } from "../search/locality/split.ts";
import { transport } from "../search/locality/transportation.ts";
import {
  type Lack,
  lacksEvenly,
  lacksInterleaved,
  lacksOfShares,
  lacksPooled,
  lacksTogether,
  type Rooms,
  type Rule,
} from "./lacks.ts";

/** Whether rooms hold the total, by the split rules of the search. */
type Holds = (rooms: readonly number[]) => boolean;

const known = (rooms: Rooms): number[] =>
  rooms.map((room) => (room === null ? 0 : Math.max(0, room)));

/** The rooms after some lacks have been met, in every way where places lack something together. */
function met(rooms: Rooms, lacks: readonly Lack[]): readonly Rooms[] {
  return lacks.reduce<Rooms[]>(
    (all, { places, needs, has }) =>
      all.flatMap((before) =>
        places.map((place) => {
          const room = at(before, place);
          const own =
            room === null || has === null ? 0 : places.length > 1 ? Math.max(0, room) : room;
          return before.with(place, own + needs - (room === null || has === null ? 0 : has));
        }),
      ),
    [rooms],
  );
}

/**
 * Holds a rule against the split: with all lacks met the total fits, with any one left it does not.
 */
function check(rule: Rule | null, holds: Holds, rooms: Rooms): void {
  if (rule === null) {
    expect(holds(rooms.map(() => 1_000))).toBe(false);
    return;
  }
  const lacks = rule(rooms);
  const fits = (some: readonly Lack[]): boolean =>
    met(rooms, some).some((after) => holds(known(after)));
  expect({ lacks, fits: met(rooms, lacks).every((after) => holds(known(after))) }).toEqual({
    lacks,
    fits: true,
  });
  expect(lacks.length > 0).toBe(!holds(known(rooms)));
  for (const left of lacks) {
    expect({ lacks, left, fits: fits(lacks.filter((one) => one !== left)) }).toMatchObject({
      fits: false,
    });
  }
}

const rooms = fc.array(fc.option(fc.integer({ min: -2, max: 9 }), { freq: 6 }), {
  minLength: 1,
  maxLength: 4,
});
const total = fc.integer({ min: 1, max: 24 });
const options = { numRuns: 3000, seed: 1_620_261 };

test("shares by weight", () => {
  const weights = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(rooms, total, weights, (own, all, four) => {
      const some = four.slice(0, own.length);
      check(lacksOfShares(all, some), (after) => splitByWeight(all, some, after) !== null, own);
    }),
    options,
  );
});

test("cells of any sizes, and equal cells", () => {
  fc.assert(
    fc.property(rooms, total, (own, all) => {
      const holds: Holds = (after) => splitEvenly(all, after) !== null;
      check(lacksTogether(all, own.length), holds, own);
      const share = Math.floor(all / own.length);
      const isEven: Holds = (after) =>
        share > 0 &&
        after.every((room) => room >= share) &&
        after.filter((room) => room > share).length >= all % own.length;
      check(lacksEvenly(all, own.length), isEven, own);
    }),
    options,
  );
});

test("a total from anywhere", () => {
  fc.assert(
    fc.property(rooms, total, (own, all) => {
      const holds: Holds = (after) => after.reduce((sum, room) => sum + room, 0) >= all;
      check(lacksPooled(all), holds, own);
    }),
    options,
  );
});

test("interleaved cells", () => {
  const weighted = fc.option(
    fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 3, maxLength: 3 }),
  );
  fc.assert(
    fc.property(
      rooms,
      total,
      fc.integer({ min: 1, max: 3 }),
      weighted,
      (own, all, cells, three) => {
        const weights = three === null ? null : three.slice(0, cells);
        const unlimited = Array.from({ length: cells }, () => Infinity);
        const split =
          weights === null ? splitEvenly(all, unlimited) : splitByWeight(all, weights, unlimited);
        const holds: Holds = (after) =>
          split !== null &&
          [...sharesOf(split)].some((shares) => {
            const rounds = shares.reduce((sum, one) => sum + Math.floor(one / after.length), 0);
            const left = after.map((room) => room - rounds);
            const rest = shares.map((one) => one % after.length);
            const free = shares.map(() => new Float64Array(after.length));
            return left.every((room) => room >= 0) && transport(rest, left, free, 1) !== null;
          });
        check(lacksInterleaved(all, own.length, { cells, weights }), holds, own);
      },
    ),
    options,
  );
});

test("interleaved cells ask for more where something lacks already, then of the smallest", () => {
  // Two cells of three granules: a round on both places, and of each cell one more on either.
  const rule = lacksInterleaved(6, 2, { cells: 2, weights: null });
  expect(rule?.([2, 1])).toEqual([{ places: [1], needs: 4, has: 1 }]);
  expect(rule?.([2, null])).toEqual([{ places: [1], needs: 4, has: null }]);
  expect(rule?.([3, 2])).toEqual([{ places: [1], needs: 3, has: 2 }]);
  expect(rule?.([2, 2])).toEqual([{ places: [0], needs: 4, has: 2 }]);
});

test("of a total from anywhere, unknown places lack what the known ones have not", () => {
  const rule = lacksPooled(10);
  expect(rule([4, null, 3, null])).toEqual([{ places: [1, 3], needs: 3, has: null }]);
  expect(rule([4, 3])).toEqual([{ places: [0, 1], needs: 10, has: 7 }]);
  // What is overdrawn is needed on top.
  expect(rule([-2, -1])).toEqual([{ places: [1], needs: 11, has: 0 }]);
  expect(rule([4, null, 6])).toEqual([]);
});
