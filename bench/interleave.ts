import { at } from "@evenkeel/core/unit/list.ts";

/**
 * The times of one of several subjects, measured in rounds: A B C, A B C, … Absolute times are
 * noise on a shared machine; the ratio of two subjects in the same rounds is stable.
 */
export interface Timing {
  readonly name: string;
  /** Milliseconds of each counted round, ascending. */
  readonly rounds: readonly number[];
}

/** Times all subjects in turn: one round to warm up, then `rounds` more. */
export function interleave(
  subjects: readonly { readonly name: string; readonly run: () => void }[],
  rounds: number,
): readonly Timing[] {
  const times = subjects.map((): number[] => []);
  for (let round = -1; round < rounds; round++) {
    for (const [i, { run }] of subjects.entries()) {
      const started = performance.now();
      run();
      if (round >= 0) times[i]?.push(performance.now() - started);
    }
  }
  return subjects.map(({ name }, i) => ({
    name,
    rounds: (times[i] ?? []).toSorted((a, b) => a - b),
  }));
}

/**
 * Runs subjects that time themselves in the same rounds: a peer in another process, or a call so
 * short that many are timed together.
 */
export async function alternate(
  subjects: readonly { readonly name: string; readonly measure: () => Promise<number> | number }[],
  rounds: number,
): Promise<readonly Timing[]> {
  const times = subjects.map((): number[] => []);
  for (let round = -1; round < rounds; round++) {
    for (const [i, { measure }] of subjects.entries()) {
      const took = await measure();
      if (round >= 0) times[i]?.push(took);
    }
  }
  return subjects.map(({ name }, i) => ({
    name,
    rounds: (times[i] ?? []).toSorted((a, b) => a - b),
  }));
}

/** The mean CPU time of a call in this process, in milliseconds. */
export function cpuTime(calls: number, run: () => void): number {
  const before = process.cpuUsage();
  for (let call = 0; call < calls; call++) run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / calls;
}

export function median({ rounds }: Timing): number {
  return at(rounds, rounds.length >> 1);
}
