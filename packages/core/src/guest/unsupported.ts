import { EvenkeelError } from "../error/evenkeel-error.ts";

/** The error for a plan that a form cannot express: the field, the numbers, and what would help. */
export function unsupported(
  where: string,
  message: string,
  expected: string,
  remedy: string,
): EvenkeelError {
  return new EvenkeelError("render-unsupported", message, {
    where: `plan: ${where}`,
    expected,
    remedy,
  });
}
