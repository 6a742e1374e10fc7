import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";

/** The error for a text that is not the output of `numactl --hardware`. */
export function unexpected(message: string, where: string): EvenkeelError {
  return new EvenkeelError("text-unexpected", message, {
    where,
    expected: "the output of numactl --hardware",
    remedy: "run LC_ALL=C numactl --hardware on the machine and give its whole output",
  });
}
