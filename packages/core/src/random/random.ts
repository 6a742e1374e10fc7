import { sfc32 } from "./sfc32.ts";

/** Random choices that are the same again for the same start. */
export interface Random {
  /** A number from 0 to below 1. */
  readonly unit: () => number;
  /** An integer from 0 to below `end`. */
  readonly below: (end: number) => number;
  /** True once in so many times. */
  readonly once: (times: number) => boolean;
  /** One of the items; there must be one. */
  readonly of: <T>(items: readonly T[]) => T;
  /** A waiting time until the next of events at random times, with this mean. */
  readonly exponential: (mean: number) => number;
}

/** Choices from the numbers of `sfc32` for this start. Each choice takes one number. */
export function randomFrom(first: number, second: number, third: number): Random {
  const next = sfc32(first, second, third);
  const unit = (): number => next() / 2 ** 32;
  const below = (end: number): number => Math.floor(unit() * end);
  return {
    unit,
    below,
    once: (times) => below(times) === 0,
    of: (items) => {
      const item = items[below(items.length)];
      if (item === undefined) throw new RangeError("there is nothing to choose from");
      return item;
    },
    exponential: (mean) => -Math.log(1 - unit()) * mean,
  };
}
