import { count } from "@evenkeel/core/unit/tally.ts";
import { textLimits } from "./read-lines.ts";

/**
 * What a command printed, as far as a text that went through terminals, logs, e-mail and tickets
 * still shows it: without byte order marks, escape sequences, carriage returns and invisible
 * characters, and without what was put before its lines:
 *
 * - marks of quotation, `> > `
 * - ranks and pods, `[1,0]<stdout>:`, and dates and times of logs, with the host and the program
 * - any other word that nearly all lines begin with, `node-17: ` or `[worker-0] `
 *
 * Lines that only fence a block of code become blank, so that every line keeps its number. XML and
 * JSON stay as they are but for the mark: they have their own rules for where a line may begin.
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
  // Readers refuse what has more, and say so.
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

/** XML, other than the HTML that issues have around an output, and JSON. */
const structured =
  /^\s{0,1000}(?:\{|\[\s{0,1000}\{|<(?!\/?(?:details|summary|pre|code|p|b|br|div|span|hr|h\d|ul|ol|li|table|html)\b))/i;

const escape = String.fromCharCode(27);
const controlSequence = new RegExp(`${escape}\\[[0-9;:?]{0,32}[ -/]{0,4}[@-~]`, "g");
/** What is left of an escape sequence where the escape itself was lost, or spelled out. */
const lostSequence =
  /(?:(?:\\e|\\033|\\x1[bB]|\\u001[bB]|\^\[|\u241b)\[[0-9;]{0,8}|\[[0-9;]{1,8})m/g;
/** What documents and web pages have in place of blanks. */
const blanks = /[\u00a0\u2000-\u200a\u202f\u3000]/g;
/** Zero-width characters and control characters other than tabs. */
const invisible = /[\u200b-\u200d\u2060\ufeff]|(?!\t)\p{Cc}/gu;

const prefixes: readonly RegExp[] = [
  // A quotation, `> ` or `>>`.
  /^ {0,3}> ?/,
  // A rank of Open MPI.
  /^\[\d{1,6},\d{1,6}\]<std(?:out|err|diag)>:/,
  // A date and a time, as ISO 8601 or nearly, and what journald and loggers write after it.
  /^\[?\d{4}[-/]\d{2}[-/]\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?\]?:?(?: [\w.-]{1,64} [\w./-]{1,64}\[\d{1,8}\]:| std(?:out|err) [FP])?(?: |$)/,
  // What GitHub and others show as a block.
  /^(?:<\/?(?:details|summary|pre|code|p|br|div|span)\b[^>]{0,200}>){1,4}/i,
  // A date as syslog has it, with the host and the program.
  /^[A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2}(?: [\w.-]{1,64} [\w./-]{1,64}(?:\[\d{1,8}\])?:)?(?: |$)/,
  // The time of day alone, or since the kernel started.
  /^\[?\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?\]?:?(?: |$)/,
  /^\[ {0,12}\d{1,12}\.\d{1,9}\](?: |$)/,
];

const htmlBlock = 3;

/** The level of a message, after its time. */
const level = /^\[?(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR)\]?(?: -|:)?(?: |$)/;

/** Quotations of quotations, of logs: more is no text that people read. */
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
 * The word, ending as no word of an output does, that at least four of five lines begin with; null
 * where there is none, and of texts too short to tell.
 */
function commonPrefix(lines: readonly string[]): string | null {
  const counts = new Map<string, number>();
  let told = 0;
  for (const line of lines) {
    if (line.trim() === "") continue;
    told++;
    const word = /^(?:\[[^\]\s]{1,120}\]:?|[\w.@/-]{1,120}(?::|>| \|))(?= |\t|$)/.exec(line)?.[0];
    if (word !== undefined) count(counts, word);
  }
  if (told < linesToTell) return null;
  const [most] = [...counts].toSorted(([, a], [, b]) => b - a);
  return most !== undefined && most[1] * 5 >= told * 4 ? most[0] : null;
}

const linesToTell = 4;

function withoutFence(line: string): string {
  return /^ {0,8}(?:`{3,16}|~{3,16})[\w -]{0,32}$/.test(line) ? "" : line;
}
