import type { Clock } from "../clock/clock.ts";
import { threadIds } from "../procfs/process-ids.ts";
import type { Tree } from "../tree/tree.ts";

/** A thread that is younger than this may be one that comes and goes. */
export const lastingMs = 100;

/**
 * Looks at the threads of a process a first time. What is returned gives these threads once they
 * have had the time to end: at the second look those that are not among them do not count. A
 * recorded machine has one look alone.
 */
export function lastingThreads(
  tree: Tree,
  pid: number,
  clock: Clock,
): () => Promise<ReadonlySet<number> | null> {
  if (!tree.live) return async () => null;
  const before = new Set(threadIds(tree, pid));
  const lookedAt = clock.monotonicMs();
  return async () => {
    const waited = clock.monotonicMs() - lookedAt;
    if (waited < lastingMs) await clock.sleep(lastingMs - waited);
    return before;
  };
}
