import type { SetBound } from "./set-bound.ts";
import type { Spread } from "./spreads.ts";

/** The sum of some bounds, for a search that may get by without them. */
export interface BoundOnDemand {
  readonly begin: (spread: Spread) => void;
  /** With these chosen, and all that is missing from among the candidates at `from` and after. */
  readonly least: (chosen: readonly number[], from: number) => number;
}

/**
 * Most often the first set that is looked at is the answer and there is nothing to compare it with:
 * bounds are made when first asked for, and told of a choice only then.
 */
export function boundOnDemand(make: () => readonly SetBound[]): BoundOnDemand {
  let bounds: readonly SetBound[] | null = null;
  let begun: Spread = [];
  let isTold = false;
  const told: number[] = [];
  return {
    begin: (spread) => {
      begun = spread;
      isTold = false;
    },
    least: (chosen, from) => {
      bounds ??= make();
      if (!isTold) {
        for (const bound of bounds) bound.begin(begun);
        told.length = 0;
        isTold = true;
      }
      let same = 0;
      while (same < told.length && told[same] === chosen[same]) same++;
      while (told.length > same) {
        const last = told.pop() ?? -1;
        for (const bound of bounds) bound.untake(last);
      }
      while (told.length < chosen.length) {
        const next = chosen[told.length] ?? -1;
        told.push(next);
        for (const bound of bounds) bound.take(next);
      }
      let least = 0;
      for (const bound of bounds) least += bound.least(from);
      return least;
    },
  };
}
