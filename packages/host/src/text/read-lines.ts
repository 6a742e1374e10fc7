import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { formatBytes, MiB } from "@evenkeel/core/unit/bytes.ts";

/**
 * The limits of a command's output. The largest real one is `lspci -vvvxxxx` for a few thousand
 * functions, some 20 MiB.
 */
export const textLimits = { bytes: 32 * MiB, lines: 1_000_000 } as const;

/**
 * Splits a command's output, from a file, a terminal or a ticket, into lines. It drops a byte order
 * mark, carriage returns, color codes, and blanks at the ends.
 *
 * Errors: `file-too-large`.
 */
export function readLines(text: string, where: string): string[] {
  if (text.length > textLimits.bytes) {
    throw tooLarge(`it has ${formatBytes(text.length)}`, where);
  }
  // split stops at the limit, which bounds the cost of a text of line ends only.
  const lines = text.replace(/^\uFEFF/, "").split("\n", textLimits.lines + 1);
  if (lines.length > textLimits.lines) {
    throw tooLarge(`it has more than ${textLimits.lines} lines`, where);
  }
  return lines.map((line) => withoutColors(line).trimEnd());
}

/** Removes CSI sequences, `ESC [ 4 m`, which terminals use for colors and underlining. */
function withoutColors(line: string): string {
  // oxlint-disable-next-line no-control-regex
  return line.includes("\u001b") ? line.replace(/\u001b\[[\d;]{0,16}[A-Za-z]/g, "") : line;
}

function tooLarge(found: string, where: string): EvenkeelError {
  return new EvenkeelError("file-too-large", `is too large: ${found}`, {
    where,
    expected: `at most ${formatBytes(textLimits.bytes)} and ${textLimits.lines} lines of text`,
  });
}

/** A machine's name from its file: without folder and last extension. A pipe's number is none. */
export function nameOfText(where: string): string {
  if (/^\/(?:dev|proc\/self)\/fd\/\d+$/.test(where)) return "pipe";
  const name = where.slice(where.lastIndexOf("/") + 1).replace(/\.(xml|txt|out|log|json)$/, "");
  return name === "" ? "host" : name;
}
