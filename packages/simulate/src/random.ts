import { type Random, randomFrom } from "@evenkeel/core/random/random.ts";
import { startFor } from "@evenkeel/core/random/sfc32.ts";

/**
 * The choices of one purpose under one seed. Every purpose has a generator of its own, so that a
 * policy that uses randomness never changes which tasks arrive.
 */
export function randomFor(seed: number, purpose: string): Random {
  return randomFrom(seed, 0x9e3779b9, startFor(purpose, 0x243f6a88));
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
