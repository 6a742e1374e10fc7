import { expect } from "vitest";
import type { ErrorCode } from "@evenkeel/core/error/codes.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";

/** The coded error that the work ends in; the test fails when there is none or it took 2 seconds. */
export async function codedError(code: ErrorCode, work: () => unknown): Promise<EvenkeelError> {
  const started = performance.now();
  const outcome = await Promise.resolve()
    .then(work)
    .catch((error: unknown) => error);
  const elapsedMs = performance.now() - started;
  if (!(outcome instanceof EvenkeelError)) {
    throw new Error(`expected the error ${code}`, { cause: outcome });
  }
  expect(outcome.code, outcome.message).toBe(code);
  expect(elapsedMs).toBeLessThan(2000);
  return outcome;
}
