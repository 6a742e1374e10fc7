import { expect } from "vitest";
import type { ErrorCode } from "@evenkeel/core/error/codes.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";

/**
 * Returns the coded error that the work ends in. The test fails if there is none, or if the work
 * took 6 seconds of CPU time, which finds work that does not end. CPU time is used because tests
 * run beside each other, and on a quiet machine no test takes 2 seconds.
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
