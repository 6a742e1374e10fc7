import { at } from "../../../unit/list.ts";
import { sum } from "../../../unit/sum.ts";

/** How a total of whole things (cores, granules of memory) splits over cells. */
export interface Split {
  /** What each cell has in any case; at least one. */
  readonly base: readonly number[];
  /** The rest of the total: that many takers get one each. */
  readonly remainder: number;
  /** The cells that have room for one more. */
  readonly takers: readonly number[];
}

/**
 * Splits a total in proportion to weights, rounded down: a cell's share of vCPUs and memory is its
 * share of the accelerators. The remainder, less than one per cell, goes to cells that have room,
 * one each; only where too few have room does a cell get another. A cell whose share is nothing
 * gets one before all others, for every cell has cores and memory.
 *
 * @returns null where a cell has no room for its share, or no cell has room for the remainder.
 */
export function splitByWeight(
  total: number,
  weights: readonly number[],
  rooms: readonly number[],
): Split | null {
  const allWeight = sum(weights);
  const shares = weights.map((weight) => proportionalShare(total, weight, allWeight));
  const isEmpty = shares.map((share) => share === 0);
  const base = shares.map((share) => Math.max(1, share));
  const rest = total - sum(base);
  return withRemainder(base, rest, rooms, isEmpty);
}

/** One share of a total, rounded down. */
export function proportionalShare(total: number, weight: number, allWeight: number): number {
  return Math.floor((total * weight) / allWeight);
}

/**
 * Splits a total as evenly as rooms allow, by water filling: all cells are filled to one level, or
 * as far as they hold, which leaves the least possible difference between any two cells.
 *
 * @returns null where the total exceeds all rooms together, or leaves a cell empty.
 */
export function splitEvenly(total: number, rooms: readonly number[]): Split | null {
  const level = Math.floor(total / rooms.length);
  if (level === 0) return null;
  const base = rooms.map((room) => Math.min(room, level));
  const rest = total - sum(base);
  return withRemainder(
    base,
    rest,
    rooms,
    base.map(() => false),
  );
}

/**
 * Adds the remainder to shares: one to each cell with room, again and again as long as it is enough
 * for all of them; the rest is left to the takers.
 *
 * @param hadOne the cells that have had one already, and wait until all others have.
 */
function withRemainder(
  shares: readonly number[],
  total: number,
  rooms: readonly number[],
  hadOne: readonly boolean[],
): Split | null {
  const base = [...shares];
  const cells = [...base.keys()];
  const roomIn = (cell: number): number => at(rooms, cell) - at(base, cell);
  if (total < 0 || base.includes(0) || cells.some((cell) => roomIn(cell) < 0)) return null;
  if (total === 0) return { base, remainder: 0, takers: [] };
  let rest = total;
  let open = cells.filter((cell) => !at(hadOne, cell) && roomIn(cell) > 0);
  let most = open.length < cells.length ? 1 : Infinity;
  while (rest > 0 && rest >= open.length) {
    const level = Math.min(most, Math.floor(rest / open.length), ...open.map(roomIn));
    for (const cell of open) base[cell] = at(base, cell) + level;
    rest -= level * open.length;
    open = cells.filter((cell) => roomIn(cell) > 0);
    if (rest > 0 && open.length === 0) return null;
    most = Infinity;
  }
  return { base, remainder: rest, takers: rest === 0 ? [] : open };
}

/** The shares for every choice of the takers, those of the lowest cells first. */
export function* sharesOf({ base, remainder, takers }: Split): Generator<readonly number[]> {
  if (remainder === 0) {
    yield base;
    return;
  }
  for (const [i, cell] of takers.entries()) {
    if (takers.length - i < remainder) return;
    const given = base.map((share, other) => (other === cell ? share + 1 : share));
    yield* sharesOf({ base: given, remainder: remainder - 1, takers: takers.slice(i + 1) });
  }
}
