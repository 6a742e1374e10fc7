import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";

/**
 * Work that is given up when the signal is aborted. What it is doing then is stopped by `stop`, and it
 * is waited for, so that nothing of it goes on behind whoever undoes it; between its steps it looks at
 * the signal by `goOn`.
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

/** For the steps of such work. */
export function goOn(signal: AbortSignal): void {
  if (signal.aborted) throw interrupted();
}

function interrupted(): EvenkeelError {
  return new EvenkeelError("interrupted", "it was ended, and what it had begun is undone", {
    remedy: "run it again",
  });
}
