import { EvenkeelError } from "../../../src/error/evenkeel-error.ts";

/** The coded error that the work ends in; the test fails where there is none. */
export function expectedError(work: () => unknown): EvenkeelError {
  try {
    work();
  } catch (error) {
    if (error instanceof EvenkeelError) return error;
    throw error;
  }
  throw new Error("expected a coded error");
}
