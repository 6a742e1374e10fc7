import { expect } from "vitest";
import type { SetBound } from "../search/set-bound.ts";
import type { Spread } from "../search/spreads.ts";

/** A set of candidates, by position, and what it really costs. */
export interface CostedSet {
  readonly set: readonly number[];
  readonly cost: number;
}

/**
 * Holds a bound against the cheapest way to complete every beginning of every set of one spread,
 * stepping as a search does.
 *
 * @param isExact whether the bound of a complete set is to be its cost.
 */
export function holdAgainstAll(
  bound: SetBound,
  spread: Spread,
  sets: readonly CostedSet[],
  isExact: boolean,
): void {
  const extend = (chosen: readonly number[], left: readonly CostedSet[]): void => {
    const from = (chosen.at(-1) ?? -1) + 1;
    const cheapest = Math.min(...left.map(({ cost }) => cost));
    const before = bound.least(from);
    expect(before).toBeLessThanOrEqual(cheapest + 1e-9);
    const next = new Set(left.flatMap(({ set }) => set[chosen.length] ?? []));
    if (next.size === 0 && isExact) expect(before).toBeCloseTo(cheapest, 9);
    for (const i of next) {
      bound.take(i);
      extend(
        [...chosen, i],
        left.filter(({ set }) => set[chosen.length] === i),
      );
      bound.untake(i);
      expect(bound.least(from)).toBeCloseTo(before, 9);
    }
  };
  bound.begin(spread);
  extend([], sets);
}
