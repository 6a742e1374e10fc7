import { at } from "../../../unit/list.ts";

/**
 * How a total of whole things (cores, granules of memory) splits over cells.
 */
export interface Split {
  /** What each cell has in any case; at least one. */
  readonly base: readonly number[];
  /** So many of the cells in `open` have one more. Each of these has room for it. */
  readonly more: number;
  readonly open: readonly number[];
}

/**
 * In proportion to weights, rounded down: a cell's share of vCPUs and memory is its share of the
 * accelerators. What is left over, less than one a cell, goes to cells that have room for it, one
 * each; only where there are fewer such cells than that, some get another. A cell whose share is
 * nothing gets one before all others, for every cell has cores and memory.
 *
 * @returns null where a cell has no room for its share, or nobody for what is left over.
 */
export function splitByWeight(
  total: number,
  weights: readonly number[],
  rooms: readonly number[],
): Split | null {
  const sum = weights.reduce((a, b) => a + b, 0);
  const shares = weights.map((weight) => proportionalShare(total, weight, sum));
  const isEmpty = shares.map((share) => share === 0);
  const base = shares.map((share) => Math.max(1, share));
  const rest = total - base.reduce((a, b) => a + b, 0);
  return handedOut(base, rest, rooms, isEmpty);
}

/** One share, without what is left over. */
export function proportionalShare(total: number, weight: number, sum: number): number {
  return Math.floor((total * weight) / sum);
}

/**
 * As evenly as rooms allow: all cells are filled to one level, and the smaller ones no further than
 * they hold, which leaves the least difference between any two cells that is possible.
 *
 * @returns null where the total exceeds all rooms, or leaves a cell empty.
 */
export function splitEvenly(total: number, rooms: readonly number[]): Split | null {
  const level = Math.floor(total / rooms.length);
  if (level === 0) return null;
  const base = rooms.map((room) => Math.min(room, level));
  const rest = total - base.reduce((a, b) => a + b, 0);
  return handedOut(
    base,
    rest,
    rooms,
    base.map(() => false),
  );
}

/** @param hadOne which cells have had one of the rest already, and wait until all others have. */
function handedOut(
  shares: readonly number[],
  total: number,
  rooms: readonly number[],
  hadOne: readonly boolean[],
): Split | null {
  const base = [...shares];
  const cells = [...base.keys()];
  const roomIn = (cell: number): number => at(rooms, cell) - at(base, cell);
  if (total < 0 || base.includes(0) || cells.some((cell) => roomIn(cell) < 0)) return null;
  if (total === 0) return { base, more: 0, open: [] };
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
  return { base, more: rest, open: rest === 0 ? [] : open };
}

/** Every way to hand out what is left over, that to the lowest cells first. */
export function* sharesOf({ base, more, open }: Split): Generator<readonly number[]> {
  if (more === 0) {
    yield base;
    return;
  }
  for (const [i, cell] of open.entries()) {
    if (open.length - i < more) return;
    const given = base.map((share, other) => (other === cell ? share + 1 : share));
    yield* sharesOf({ base: given, more: more - 1, open: open.slice(i + 1) });
  }
}
