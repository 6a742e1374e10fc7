import { sfc32, startFor } from "@evenkeel/core/random/sfc32.ts";

/** Choices that are the same again for the same seed. */
export interface Random {
  /** An integer from 0 to below `end`. */
  below(end: number): number;
  /** True once in so many times. */
  once(times: number): boolean;
  /** One of them; there must be one. */
  of<T>(items: readonly T[]): T;
}

/**
 * The choices of one run. Every run has its own, made of the seed, the reader's name and the run's
 * number, so that any one can be repeated without those before it.
 */
export function randomFor(seed: number, name: string, run: number): Random {
  const next = sfc32(seed, run, startFor(name, 0x9e3779b9));
  const below = (end: number): number => Math.floor((next() / 2 ** 32) * end);
  return {
    below,
    once: (times) => below(times) === 0,
    of: (items) => {
      const item = items[below(items.length)];
      if (item === undefined) throw new RangeError("there is nothing to choose from");
      return item;
    },
  };
}
