import { at } from "@evenkeel/core/unit/list.ts";

/**
 * Times several things side by side, in rounds: A B C, A B C, … Absolute times are noise on a shared
 * machine; what holds is the ratio of two things measured in the same rounds, and its spread.
 */
export interface Timing {
  readonly name: string;
  /** Milliseconds of each counted round, ascending. */
  readonly rounds: readonly number[];
}

/** Runs every subject once to warm up and then `rounds` times, in turn. */
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
 * The same of subjects that time themselves: a peer in another process, or a call so short that it
 * is timed many at once.
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

/** Milliseconds of this process' CPU time that a call takes, as the mean of so many. */
export function cpuTime(calls: number, run: () => void): number {
  const before = process.cpuUsage();
  for (let call = 0; call < calls; call++) run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / calls;
}

export function median({ rounds }: Timing): number {
  return at(rounds, rounds.length >> 1);
}
