import { sfc32, startFor } from "@evenkeel/core/random/sfc32.ts";

/** A seeded random generator. */
export interface Random {
  /** A number from 0 to below 1. */
  readonly unit: () => number;
  /** An integer from 0 to below `end`. */
  readonly below: (end: number) => number;
  /** An exponentially distributed number with this mean, as the gaps of a Poisson process. */
  readonly exponential: (mean: number) => number;
}

/**
 * The generator for one purpose under one seed. Each purpose has its own, so that a policy that
 * draws random numbers never changes which tasks arrive.
 */
export function randomFor(seed: number, purpose: string): Random {
  const next = sfc32(seed, 0x9e3779b9, startFor(purpose, 0x243f6a88));
  const unit = (): number => next() / 2 ** 32;
  return {
    unit,
    below: (end) => Math.floor(unit() * end),
    exponential: (mean) => -Math.log(1 - unit()) * mean,
  };
}

/** The items in a uniformly random order (Fisher and Yates). */
export function shuffled<T>(items: readonly T[], random: Random): readonly T[] {
  const mixed = [...items];
  for (let last = mixed.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    const [here, there] = [mixed[last], mixed[other]];
    if (here === undefined || there === undefined) continue;
    [mixed[last], mixed[other]] = [there, here];
  }
  return mixed;
}
