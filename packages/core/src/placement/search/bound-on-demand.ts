import type { SetBound } from "./set-bound.ts";
import type { Spread } from "./spreads.ts";

/** The sum of two bounds, for a search that may get by without them. */
export interface BoundOnDemand {
  readonly begin: (spread: Spread) => void;
  /** With these chosen, and all that is missing from among the candidates at `from` and after. */
  readonly least: (chosen: readonly number[], from: number) => number;
}

/**
 * Most often the first set that is looked at is the answer and there is nothing to compare it with:
 * bounds are made when first asked for, and told of a choice only then.
 */
export function boundOnDemand(make: () => readonly [SetBound, SetBound]): BoundOnDemand {
  let bounds: readonly [SetBound, SetBound] | null = null;
  let begun: Spread = [];
  let isTold = false;
  const told: number[] = [];
  return {
    begin: (spread) => {
      begun = spread;
      isTold = false;
    },
    least: (chosen, from) => {
      const [one, other] = (bounds ??= make());
      if (!isTold) {
        one.begin(begun);
        other.begin(begun);
        told.length = 0;
        isTold = true;
      }
      let same = 0;
      while (same < told.length && told[same] === chosen[same]) same++;
      while (told.length > same) {
        const last = told.pop() ?? -1;
        one.untake(last);
        other.untake(last);
      }
      while (told.length < chosen.length) {
        const next = chosen[told.length] ?? -1;
        told.push(next);
        one.take(next);
        other.take(next);
      }
      return one.least(from) + other.least(from);
    },
  };
}
