import { linesText } from "./text/terminal-text.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { type ExitStatus, exitStatus } from "./command/exit-status.ts";
import type { View } from "./text/plan-text.ts";
import { wrap } from "@evenkeel/core/text/wrap.ts";
import { hanging } from "./text/table.ts";

/** The error to report for whatever a command threw. Anything without a code is a bug of ours. */
export function failureOf(thrown: unknown): EvenkeelError {
  if (thrown instanceof EvenkeelError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new EvenkeelError("internal", `this is a bug in Evenkeel: ${message}`, {
    remedy: "run it again with EVENKEEL_DEBUG=1 and report what it prints",
    cause: thrown,
  });
}

export function statusOf({ code }: EvenkeelError): ExitStatus {
  return code === "internal" ? exitStatus.failed : exitStatus.unusable;
}

/**
 * An error for people: what is wrong and where, what was expected, what to do, and the code. Where
 * no terminal is, the message is one line of any length, which grep finds: `messageWidth` is wider.
 */
export function failureText(
  error: EvenkeelError,
  { width, paint }: View,
  messageWidth = width,
): string {
  const { code, message, where, expected, remedy } = error;
  const rows = [
    ["expected", expected],
    ["try", remedy],
    ["code", code],
  ] as const;
  const detailLines = (label: string, value: string): string[] => {
    const lines = hanging(`  ${label.padEnd(8)}  `, wrap(value, width - 12));
    return lines.map((line, i) => (i === 0 ? line.replace(label, paint("dim", label)) : line));
  };
  const details = rows.flatMap(([label, value]) =>
    value === null ? [] : detailLines(label, value),
  );
  const placed = where === null || message.startsWith(`${where}:`);
  const what = placed ? message : `${where}: ${message}`;
  const [first = "", ...rest] = wrap(`evenkeel: ${what}`, messageWidth, "  ");
  return linesText([first.replace("evenkeel:", paint("red", "evenkeel:")), ...rest, ...details]);
}

/** The same error for a program: one line of JSON. */
export function failureJson({ code, message, where, expected, remedy }: EvenkeelError): string {
  return `${JSON.stringify({ error: { code, message, where, expected, remedy } })}\n`;
}

/** The stacks of an error and of its causes. */
export function failureStack(error: unknown): string {
  if (!(error instanceof Error)) return `${String(error)}\n`;
  const caused = error.cause === undefined ? "" : `caused by: ${failureStack(error.cause)}`;
  return `${error.stack ?? String(error)}\n${caused}`;
}
