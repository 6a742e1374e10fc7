import { EvenkeelError } from "../error/evenkeel-error.ts";

/** A plan that no guest of this kind can show: what of it, the numbers, and what would help. */
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
