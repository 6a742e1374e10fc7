import type { Topology } from "@evenkeel/core/topology/topology.ts";
import type { Random } from "./random.ts";

/** A reader that is tried with mutated inputs. */
export interface Target {
  readonly name: string;
  /** Makes the samples ready; what it returns tries the reader once for each call. */
  readonly prepare: () => Promise<(random: Random) => Attempt>;
}

/** One mutated input. */
export interface Attempt {
  /** Reads it, as the product would; null where the reader gives no topology. */
  readonly read: () => Topology | null | Promise<Topology | null>;
  /** The input itself, to keep it when it has found something. */
  readonly input: () => string | Uint8Array;
}

/** Of samples in ascending length, mostly a short one: that is where the most runs go into a second. */
export function chosen<T>(samples: readonly T[], random: Random): T {
  const ends = random.once(20) ? samples.length : Math.ceil(samples.length / 3);
  return random.of(samples.slice(0, ends));
}
