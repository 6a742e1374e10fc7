import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";

/** The error for a text that lspci did not print. */
export function unexpected(message: string, where: string): EvenkeelError {
  return new EvenkeelError("text-unexpected", message, {
    where,
    expected: "the output of lspci -vvvnnD, or of lspci with -nn, -mm, -vmm or -t",
    remedy: "run lspci -vvvnnD as root on the machine and give its whole output",
  });
}
