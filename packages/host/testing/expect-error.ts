import { expect } from "vitest";
import type { ErrorCode } from "@evenkeel/core/error/codes.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";

/**
 * The coded error that the work ends in. The test fails when there is none, or when it took 6
 * seconds of computing: not of the clock, since tests run beside others, except for waiting. On a
 * quiet machine none takes 2; what does not end at all is what this is for.
 */
export async function codedError(code: ErrorCode, work: () => unknown): Promise<EvenkeelError> {
  const started = performance.now();
  const before = process.cpuUsage();
  const outcome = await Promise.resolve()
    .then(work)
    .catch((error: unknown) => error);
  const { user, system } = process.cpuUsage(before);
  const elapsedMs = performance.now() - started;
  if (!(outcome instanceof EvenkeelError)) {
    throw new Error(`expected the error ${code}`, { cause: outcome });
  }
  expect(outcome.code, outcome.message).toBe(code);
  expect((user + system) / 1000).toBeLessThan(6000);
  expect(elapsedMs).toBeLessThan(20_000);
  return outcome;
}
