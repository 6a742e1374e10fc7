import type { Spread } from "./spreads.ts";

/**
 * A part of the cost of a set of accelerators, from below, while the set is put together in
 * ascending order: what is chosen is known, what is to come is as cheap as anything on offer could
 * be. Candidates are known by their positions.
 */
export interface SetBound {
  /** A set of this spread, of which nothing is chosen yet. */
  readonly begin: (spread: Spread) => void;
  readonly take: (candidate: number) => void;
  /** Takes back the last one. */
  readonly untake: (candidate: number) => void;
  /** With all that is missing from among the candidates at `from` and after. */
  readonly least: (from: number) => number;
}

/** What each candidate of a set pays at least by itself, whoever else is in the set. */
export interface PaidAlone {
  /** Sets of this spread are looked at. */
  readonly begin: (spread: Spread) => void;
  /** The least that one of each of the spread's shelves pays; it changes with the spread. */
  readonly onShelf: Float64Array;
  /** By position, of those on the spread's shelves; the same. */
  readonly each: () => Float64Array;
}

const ignore = (): void => {};

export function nothingAlone(candidates: number, shelves: number): PaidAlone {
  const [each, onShelf] = [new Float64Array(candidates), new Float64Array(shelves)];
  return { begin: ignore, onShelf, each: () => each };
}

/** Of a part that is the same for all sets. */
export function constantBound(value: number): SetBound {
  return { begin: ignore, take: ignore, untake: ignore, least: () => value };
}
