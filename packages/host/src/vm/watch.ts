import { type VerdictChange, verdictChanges } from "@evenkeel/core/verify/verdict/changes.ts";
import type { Verdict } from "@evenkeel/core/verify/verdict/verdict.ts";
import type { Clock } from "../clock/clock.ts";

export interface Watching {
  readonly intervalMs: number;
  /** Ends the watch when it is aborted. */
  readonly signal: AbortSignal;
  /** Called with each change. The first verdict counts as changes from nothing. */
  readonly changed: (change: VerdictChange) => void;
}

/**
 * Judges again and again, and reports what changes, until the signal ends it. Gives the last
 * verdict.
 */
export async function watchVerdicts(
  judge: () => Promise<Verdict>,
  { intervalMs, signal, changed }: Watching,
  clock: Clock,
): Promise<Verdict> {
  let before: Verdict | null = null;
  for (;;) {
    const verdict = await judge();
    for (const change of verdictChanges(before, verdict)) changed(change);
    before = verdict;
    await clock.sleep(intervalMs, signal);
    if (signal.aborted) return verdict;
  }
}
