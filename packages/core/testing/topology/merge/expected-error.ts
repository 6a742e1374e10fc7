import { EvenkeelError } from "../../../src/error/evenkeel-error.ts";

/** Returns the coded error that the work ends in; fails the test if there is none. */
export function expectedError(work: () => unknown): EvenkeelError {
  try {
    work();
  } catch (error) {
    if (error instanceof EvenkeelError) return error;
    throw error;
  }
  throw new Error("expected a coded error");
}
