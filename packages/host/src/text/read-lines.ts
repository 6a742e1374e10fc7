import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { formatBytes, MiB } from "@evenkeel/core/unit/bytes.ts";

/**
 * What a command's output may be at most. The largest that a machine honestly prints is
 * `lspci -vvvxxxx` of a few thousand functions, some 20 MiB.
 */
export const textLimits = { bytes: 32 * MiB, lines: 1_000_000 } as const;

/**
 * The lines of what a command printed, as it comes out of files, terminals and tickets: without a
 * byte order mark, carriage returns, color codes and blanks at the ends.
 *
 * Errors: `file-too-large`.
 */
export function readLines(text: string, where: string): string[] {
  if (text.length > textLimits.bytes) {
    throw tooLarge(`it has ${formatBytes(text.length)}`, where);
  }
  // split stops there, so that a text of nothing but line ends costs no more than another.
  const lines = text.replace(/^\uFEFF/, "").split("\n", textLimits.lines + 1);
  if (lines.length > textLimits.lines) {
    throw tooLarge(`it has more than ${textLimits.lines} lines`, where);
  }
  return lines.map((line) => withoutColors(line).trimEnd());
}

/** CSI sequences, `ESC [ 4 m`, as terminals take them for colors and underlining. */
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

/** What a text is named after: its file's name without the folder and the last ending. */
export function nameOfText(where: string): string {
  const name = where.slice(where.lastIndexOf("/") + 1).replace(/\.(xml|txt|out|log|json)$/, "");
  return name === "" ? "host" : name;
}
