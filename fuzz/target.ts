import type { Topology } from "@evenkeel/core/topology/topology.ts";
import type { Random } from "./random.ts";

/** A reader to run with mutated inputs. */
export interface Target {
  readonly name: string;
  /** Prepares the samples; the function that it returns makes one attempt per call. */
  readonly prepare: () => Promise<(random: Random) => Attempt>;
}

/** A topology, or a word for what else a reader found; null for nothing in particular. */
export type Found = Topology | string | null;

/** One mutated input. */
export interface Attempt {
  /** Reads the input as the product does. */
  readonly read: () => Found | Promise<Found>;
  /** The input itself, to save it after a fault. */
  readonly input: () => string | Uint8Array;
  /** The CPU time that any input may take, in milliseconds, where a few words describe much. */
  readonly baseMs?: number;
}

/**
 * Chooses from samples in ascending length, mostly a short one, which gives the most runs per
 * second.
 */
export function chosen<T>(samples: readonly T[], random: Random): T {
  const ends = random.once(20) ? samples.length : Math.ceil(samples.length / 3);
  return random.of(samples.slice(0, ends));
}
