import { invariant } from "../../invariant.ts";
import { at } from "../../unit/list.ts";
import { sum, sumOf } from "../../unit/sum.ts";
import {
  proportionalShare,
  sharesOf,
  splitByWeight,
  splitEvenly,
} from "../search/locality/split.ts";

/**
 * What some places, each with room for so much of one resource, lack to hold a total of it under
 * the rules by which a total splits over cells (`search/locality/split.ts`).
 *
 * Each rule has the same two properties. The places with what they lack hold the total; and if any
 * one lack is left as it is and the others are met, they do not. So lacks are causes of a refusal,
 * and none of them follows from another.
 */
export interface Lack {
  /** The places, by position, that lack it together. */
  readonly places: readonly number[];
  /** What they must have, and have; null where nobody told. */
  readonly needs: number;
  readonly has: number | null;
}

/** The room of each place: null where unknown, negative where it is overdrawn. */
export type Rooms = readonly (number | null)[];

/** A rule for one total: the lacks of places with these rooms. */
export type Rule = (rooms: Rooms) => readonly Lack[];

/** The lack of one place that must have room for `wanted`; what is overdrawn comes on top. */
function lackAt(place: number, wanted: number, room: number | null): readonly Lack[] {
  if (room === null) return [{ places: [place], needs: wanted, has: null }];
  if (room >= wanted) return [];
  return [{ places: [place], needs: wanted - Math.min(0, room), has: Math.max(0, room) }];
}

/** The known room of a place that is not overdrawn. */
function knownRoom(room: number | null): number {
  return room === null ? 0 : Math.max(0, room);
}

/**
 * Cells that share a total in proportion to weights. Each needs its share, rounded down, and at
 * least one; all together the total. Where only the remainder has no room, a cell that lacks its
 * share anyway gets it, otherwise the roomiest.
 *
 * @returns null where there is too little for so many cells, whatever their rooms.
 */
export function lacksOfShares(total: number, weights: readonly number[]): Rule | null {
  const all = sum(weights);
  const shares = weights.map((weight) => Math.max(1, proportionalShare(total, weight, all)));
  if (sum(shares) > total) return null;
  return (rooms) => {
    const wanted = shares.map((share, i) => Math.max(share, knownRoom(at(rooms, i))));
    const rest = total - sum(wanted);
    if (rest > 0) {
      const isLacking = (i: number): boolean => knownRoom(at(rooms, i)) < at(shares, i);
      const roomiest = wanted.indexOf(Math.max(...wanted));
      const lacking = [...wanted.keys()].find(isLacking);
      const taker = lacking === undefined ? roomiest : lacking;
      wanted[taker] = at(wanted, taker) + rest;
    }
    return wanted.flatMap((some, i) => lackAt(i, some, at(rooms, i)));
  };
}

/**
 * Cells of any sizes: each needs one, and all together the total. Places with nothing lack even
 * parts of what the others leave; where every place has something, they lack the rest together.
 */
export function lacksTogether(total: number, cells: number): Rule | null {
  if (total < cells) return null;
  return (rooms) => {
    const has = sumOf(rooms, knownRoom);
    const empty = [...rooms.keys()].filter((i) => knownRoom(at(rooms, i)) === 0);
    if (empty.length === 0) {
      if (has >= total) return [];
      return [{ places: [...rooms.keys()], needs: total, has }];
    }
    const missing = Math.max(total - has, empty.length);
    const part = Math.floor(missing / empty.length);
    const more = missing % empty.length;
    return empty.flatMap((place, i) => lackAt(place, i < more ? part + 1 : part, at(rooms, place)));
  };
}

/** Cells that differ by at most one, as cores under `interleave`. */
export function lacksEvenly(total: number, cells: number): Rule | null {
  const share = Math.floor(total / cells);
  if (share === 0) return null;
  return (rooms) => {
    const roomiest = [...rooms.keys()].toSorted(
      (a, b) => knownRoom(at(rooms, b)) - knownRoom(at(rooms, a)) || a - b,
    );
    const takers = new Set(roomiest.slice(0, total % cells));
    return [...rooms.keys()].flatMap((i) =>
      lackAt(i, takers.has(i) ? share + 1 : share, at(rooms, i)),
    );
  };
}

/**
 * A total from anywhere. Where some rooms are unknown, they might have the rest; where all are
 * overdrawn, the one that is so least must have it.
 */
export function lacksPooled(total: number): Rule {
  return (rooms) => {
    const has = sumOf(rooms, knownRoom);
    if (has >= total) return [];
    const unknown = [...rooms.keys()].filter((i) => at(rooms, i) === null);
    const roomiest = Math.max(...rooms.map((room) => (room === null ? 0 : room)));
    if (roomiest < 0) return lackAt(rooms.indexOf(roomiest), total, roomiest);
    if (unknown.length > 0) return [{ places: unknown, needs: total - has, has: null }];
    return [{ places: [...rooms.keys()], needs: total, has }];
  };
}

/**
 * Whether each demand can have as many different places as it asks for, none beyond its room. The
 * greatest demands first, each from the places with most room left: if any choice succeeds, this
 * does (Gale and Ryser).
 */
function spreads(demands: readonly number[], rooms: readonly number[]): boolean {
  let left = [...rooms];
  for (const demand of demands.toSorted((a, b) => b - a)) {
    left = left.toSorted((a, b) => b - a);
    if (demand > 0 && at(left, demand - 1) < 1) return false;
    left = left.map((room, i) => (i < demand ? room - 1 : room));
  }
  return true;
}

/** The most choices of the cells that get the remainder to look at: all of up to eight cells. */
const sharesMax = 70;

/**
 * Memory of cells interleaved over places: full rounds on all of them, and of what makes no full
 * round at most one granule of a cell on each. Every place needs the rounds; then the places that
 * lack them, and after them the smallest, get one more at a time until the rest has room. What
 * turns out not to be needed is dropped.
 *
 * @param weights of the cells, by which they share the total; null for equal cells.
 */
export function lacksInterleaved(
  total: number,
  places: number,
  { cells, weights }: { readonly cells: number; readonly weights: readonly number[] | null },
): Rule | null {
  const unlimited = Array.from({ length: cells }, () => Infinity);
  const split =
    weights === null ? splitEvenly(total, unlimited) : splitByWeight(total, weights, unlimited);
  if (split === null) return null;
  // Which of equal cells get the remainder makes no difference.
  const shares = [...sharesOf(split).take(weights === null ? 1 : sharesMax)];
  const roundsOf = (own: readonly number[]): number =>
    sumOf(own, (granules) => Math.floor(granules / places));
  const holds = (rooms: readonly number[]): boolean =>
    shares.some((own) => {
      const left = rooms.map((room) => room - roundsOf(own));
      const rest = own.map((granules) => granules % places);
      return left.every((room) => room >= 0) && spreads(rest, left);
    });
  const rounds = Math.min(...shares.map(roundsOf));
  const most = Math.max(...shares.map(roundsOf)) + cells;
  return (rooms) => {
    const known = rooms.map(knownRoom);
    if (holds(known)) return [];
    const wanted = known.map((room) => Math.max(room, rounds));
    const isRaised = (i: number): boolean => at(wanted, i) > at(known, i) || at(rooms, i) === null;
    while (!holds(wanted)) {
      const [next] = [...wanted.keys()]
        .filter((i) => at(wanted, i) < most)
        .toSorted(
          (a, b) =>
            Number(isRaised(b)) - Number(isRaised(a)) || at(wanted, a) - at(wanted, b) || a - b,
        );
      invariant(next !== undefined, "rounds and one more of each cell are enough on every place");
      wanted[next] = at(wanted, next) + 1;
    }
    for (const [i, room] of known.entries()) {
      const without = wanted.with(i, room);
      if (holds(without)) wanted[i] = room;
    }
    return wanted.flatMap((some, i) => (some > at(known, i) ? lackAt(i, some, at(rooms, i)) : []));
  };
}
