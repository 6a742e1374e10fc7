import { count } from "@evenkeel/core/unit/tally.ts";
import { textLimits } from "./read-lines.ts";

/**
 * Restores a command's output from a text that went through terminals, logs, e-mail and tickets. It
 * removes byte order marks, escape sequences, carriage returns and invisible characters, and
 * prefixes of lines:
 *
 * - quotation marks of e-mail, `> > `
 * - ranks and pods, `[1,0]<stdout>:`, and dates and times of logs, with the host and the program
 * - any other word that nearly all lines begin with, `node-17: ` or `[worker-0] `
 *
 * Lines that only fence a code block become blank, so that every line keeps its number. XML and
 * JSON keep everything except the byte order mark, because line starts have their own rules there.
 *
 * Each pattern is anchored and bounded; time and memory are proportional to the text.
 */
export function plainText(text: string): string {
  const unmarked = text.replace(/^\uFEFF/, "");
  if (structured.test(unmarked)) return unmarked;
  const found = unmarked
    .replace(controlSequence, "")
    .replace(lostSequence, "")
    .split(/\r\n|\n|\r/, textLimits.lines + 1);
  // Readers refuse a text with more lines, with their own message.
  if (found.length > textLimits.lines) return unmarked;
  const lines = found.map((line) =>
    withoutPrefixes(line.replace(invisible, "").replace(blanks, " ")),
  );
  const common = commonPrefix(lines);
  return lines
    .map((line) =>
      withoutFence(
        common !== null && line.startsWith(common)
          ? withoutPrefixes(line.slice(common.length).replace(/^ /, ""))
          : line,
      ),
    )
    .join("\n");
}

/** JSON, and XML other than the HTML that issues have around an output. */
const structured =
  /^\s{0,1000}(?:\{|\[\s{0,1000}\{|<(?!\/?(?:details|summary|pre|code|p|b|br|div|span|hr|h\d|ul|ol|li|table|html)\b))/i;

const escape = String.fromCharCode(27);
const controlSequence = new RegExp(`${escape}\\[[0-9;:?]{0,32}[ -/]{0,4}[@-~]`, "g");
/** The rest of an escape sequence whose escape character was lost or spelled out. */
const lostSequence =
  /(?:(?:\\e|\\033|\\x1[bB]|\\u001[bB]|\^\[|\u241b)\[[0-9;]{0,8}|\[[0-9;]{1,8})m/g;
/** Special blanks of documents and web pages. */
const blanks = /[\u00a0\u2000-\u200a\u202f\u3000]/g;
/** Zero-width characters and control characters other than tabs. */
const invisible = /[\u200b-\u200d\u2060\ufeff]|(?!\t)\p{Cc}/gu;

const prefixes: readonly RegExp[] = [
  // A quotation, `> ` or `>>`.
  /^ {0,3}> ?/,
  // A rank of Open MPI.
  /^\[\d{1,6},\d{1,6}\]<std(?:out|err|diag)>:/,
  // A date and a time in ISO 8601 or close to it, and what journald and loggers write after it.
  /^\[?\d{4}[-/]\d{2}[-/]\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?\]?:?(?: [\w.-]{1,64} [\w./-]{1,64}\[\d{1,8}\]:| std(?:out|err) [FP])?(?: |$)/,
  // HTML tags of blocks on GitHub and elsewhere.
  /^(?:<\/?(?:details|summary|pre|code|p|br|div|span)\b[^>]{0,200}>){1,4}/i,
  // A date in the form of syslog, with host and program.
  /^[A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2}(?: [\w.-]{1,64} [\w./-]{1,64}(?:\[\d{1,8}\])?:)?(?: |$)/,
  // The time of day alone, or the time since the kernel started.
  /^\[?\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?\]?:?(?: |$)/,
  /^\[ {0,12}\d{1,12}\.\d{1,9}\](?: |$)/,
];

const htmlBlock = 3;

/** A log level, which follows after a time. */
const level = /^\[?(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR)\]?(?: -|:)?(?: |$)/;

/** The deepest nesting of prefixes, such as quotations of quotations of logs. */
const prefixesMax = 8;

function withoutPrefixes(line: string): string {
  if (!/^[ >[\dA-Z<]/.test(line)) return line;
  let rest = line;
  let timed = false;
  for (let round = 0; round < prefixesMax; round++) {
    const found = prefixes.findIndex((prefix) => prefix.test(rest));
    const prefix = found < 0 && timed ? level : prefixes[found];
    if (prefix === undefined) break;
    const shorter = rest.replace(prefix, "");
    if (shorter === rest) break;
    timed ||= found >= 2 && found !== htmlBlock;
    rest = shorter;
  }
  return rest;
}

/**
 * A prefix that at least four of five lines begin with: a word that ends like no word of an output.
 * Null where there is none, or where the text is too short.
 */
function commonPrefix(lines: readonly string[]): string | null {
  const counts = new Map<string, number>();
  let counted = 0;
  for (const line of lines) {
    if (line.trim() === "") continue;
    counted++;
    const word = /^(?:\[[^\]\s]{1,120}\]:?|[\w.@/-]{1,120}(?::|>| \|))(?= |\t|$)/.exec(line)?.[0];
    if (word !== undefined) count(counts, word);
  }
  if (counted < linesMin) return null;
  const [most] = [...counts].toSorted(([, a], [, b]) => b - a);
  return most !== undefined && most[1] * 5 >= counted * 4 ? most[0] : null;
}

const linesMin = 4;

function withoutFence(line: string): string {
  return /^ {0,8}(?:`{3,16}|~{3,16})[\w -]{0,32}$/.test(line) ? "" : line;
}
