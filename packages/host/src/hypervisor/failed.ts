import { shorten } from "@evenkeel/core/text/shorten.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { ProgramResult } from "./program.ts";

/** The error for a failed program of a hypervisor, in the words of the program. */
export function hypervisorFailed(what: string, { status, stderr }: ProgramResult): EvenkeelError {
  const words = stderr
    .split("\n")
    .map((line) => line.replace(/^error: /, "").trim())
    .filter((line) => line !== "");
  const said = words.length > 0 ? words.join(" ") : `it ended with status ${status ?? "unknown"}`;
  return new EvenkeelError("hypervisor-failed", `${what}: ${shorten(said, 4000)}`);
}
