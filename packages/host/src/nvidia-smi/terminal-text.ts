import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { formatBytes, MiB } from "@evenkeel/core/unit/bytes.ts";

/** The matrix of 64 devices has 20 KiB; a whole nvidia-bug-report has some megabytes. */
const textBytesMax = 8 * MiB;
const linesMax = 200_000;

const escape = String.fromCharCode(27);
const controlSequence = new RegExp(`${escape}\\[[0-9;:?]{0,32}[ -/]{0,4}[@-~]`, "g");
/** The rest of an escape sequence whose escape character was lost or spelled out. */
const lostSequence = /(?:\\e|\\033|\\x1[bB]|\\u001[bB]|\^\[|\u241b)?\[[0-9;]{0,8}m/g;
/** Zero-width characters and control characters other than tabs. */
const invisible = /[\u200b-\u200d\u2060\ufeff]|(?!\t)\p{Cc}/gu;

/**
 * The lines of a terminal's output as people paste it: without escape sequences (`nvidia-smi`
 * underlines its header) and invisible characters, with any kind of line end. No line is dropped,
 * so positions are line numbers.
 *
 * Errors: `file-too-large`. Time and memory are proportional to the text.
 */
export function plainLines(text: string, where: string): string[] {
  if (text.length > textBytesMax) throw tooLarge(formatBytes(text.length), where);
  const lines = text
    .replace(controlSequence, "")
    .replace(lostSequence, "")
    .split(/\r\n|\n|\r/, linesMax + 1);
  if (lines.length > linesMax) throw tooLarge(`more than ${linesMax} lines`, where);
  return lines.map((line) => line.replace(invisible, ""));
}

function tooLarge(found: string, where: string): EvenkeelError {
  return new EvenkeelError("file-too-large", `is too large: it has ${found}`, {
    where,
    expected: `the output of a command, at most ${formatBytes(textBytesMax)}`,
  });
}

/**
 * The words of a line, wherever it was pasted. The bars of Markdown tables separate words as blanks
 * do, and marks of quoting and emphasis around a word are dropped.
 */
export function words(line: string): string[] {
  return line
    .split(/[\s|\u2502\u2503]+/u)
    .map((word) => word.replace(/^[>*`"']{1,8}|[*`"':;]{1,8}$/g, ""))
    .filter((word) => word !== "");
}
