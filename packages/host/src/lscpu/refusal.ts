import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";

/** The error for a text that is not lscpu's English output. */
export function unexpected(message: string, where: string): EvenkeelError {
  return new EvenkeelError("text-unexpected", message, {
    where,
    expected: "the output of lscpu, lscpu -J, lscpu -p with its header, or lscpu -e",
    remedy: "run LC_ALL=C lscpu -p on the machine and give its whole output",
  });
}
