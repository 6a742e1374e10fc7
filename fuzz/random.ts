import { type Random, randomFrom } from "@evenkeel/core/random/random.ts";
import { startFor } from "@evenkeel/core/random/sfc32.ts";

export type { Random };

/**
 * The choices of one run. Every run has its own, from the seed, the reader's name and the run's
 * number, so that a run can be repeated without those before it.
 */
export function randomFor(seed: number, name: string, run: number): Random {
  return randomFrom(seed, run, startFor(name, 0x9e3779b9));
}
