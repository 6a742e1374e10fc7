import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";

/**
 * Runs work that a signal interrupts. When the signal is aborted, `stop` ends the step under way,
 * and the work is awaited, so that it no longer runs when the caller undoes it. Between steps the
 * work calls `goOn`.
 *
 * Errors: `interrupted`, and those of the work.
 */
export async function interruptible<T>(
  work: () => Promise<T>,
  signal: AbortSignal,
  stop: () => Promise<void>,
): Promise<T> {
  goOn(signal);
  const aborted = Promise.withResolvers<null>();
  const abort = (): void => aborted.resolve(null);
  signal.addEventListener("abort", abort);
  try {
    const running = work().then((value) => ({ value }));
    const settled = running.catch(() => null);
    const first = await Promise.race([running, aborted.promise]);
    if (first !== null) return first.value;
    await Promise.all([stop().catch(() => {}), settled]);
    throw interrupted();
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** Called between the steps of interruptible work. Errors: `interrupted`. */
export function goOn(signal: AbortSignal): void {
  if (signal.aborted) throw interrupted();
}

function interrupted(): EvenkeelError {
  return new EvenkeelError("interrupted", "it was interrupted, and what it had begun is undone", {
    remedy: "run it again",
  });
}
