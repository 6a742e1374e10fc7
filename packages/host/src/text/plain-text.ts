import { count } from "@evenkeel/core/unit/tally.ts";
import { jsonEnd } from "./json-end.ts";
import { withoutLineNumbers } from "./line-numbers.ts";
import { textLimits } from "./read-lines.ts";
import { unwrapped } from "./unwrap.ts";

/**
 * Restores a command's output from a text that went through terminals, logs, e-mail and tickets. It
 * takes it out of JSON strings and records (`unwrap.ts`), and removes byte order marks, escape
 * sequences, carriage returns and invisible characters, and prefixes of lines:
 *
 * - numbers that count the lines
 * - quotation marks of e-mail, `> > `
 * - ranks and pods, `[1,0]<stdout>:`, and dates and times of logs, with the host and the program
 * - any other word that nearly all lines begin with, `node-17: ` or `[worker-0] `, or a pod with
 *   its container
 *
 * Lines that only fence a code block become blank, so that every line keeps its number. XML and
 * JSON keep everything except the byte order mark, because line starts have their own rules there.
 *
 * Each pattern is anchored and bounded; time and memory are proportional to the text.
 */
export function plainText(text: string): string {
  const unmarked = unwrapped(text.replace(/^\uFEFF/, ""));
  if (isStructured(unmarked)) return unmarked;
  const found = unmarked
    .replace(titleSequence, "")
    .replace(controlSequence, "")
    .replace(otherSequence, "")
    .replace(lostSequence, "")
    .split(/\r{0,4}\n|\r/, textLimits.lines + 1);
  // Readers refuse a text with more lines, with their own message.
  if (found.length > textLimits.lines) return unmarked;
  const numbered = found.map((line) => line.replace(invisible, "").replace(blanks, " "));
  const lines = withoutLineNumbers(numbered).map(withoutPrefixes);
  const common = commonPrefix(lines);
  // A logger of Python puts no blank behind its name.
  const afterPrefix = common !== null && /^[A-Z]+:[\w.]+:$/.test(common) ? "" : /^ /;
  const own = lines.map((line) =>
    common !== null && line.startsWith(common)
      ? withoutPrefixes(line.slice(common.length).replace(afterPrefix, ""))
      : line,
  );
  const inner = common === null ? own : withoutLineNumbers(own);
  return inner.map((line) => withoutFence(line).replace(reportLabel, "")).join("\n");
}

/** Whether a text is one document of JSON or XML, whole or cut short, and nothing behind it. */
function isStructured(text: string): boolean {
  if (!structured.test(text)) return false;
  const start = text.search(/\S/);
  if (text[start] !== "<") {
    const end = jsonEnd(text, start);
    return end === null || text.slice(end).trim() === "";
  }
  const root = /<([A-Za-z_][\w.-]{0,60})/.exec(text.slice(start, start + prologMax))?.[1];
  const end = text.lastIndexOf(`</${root ?? ""}`);
  return end < 0 || /^<\/[^>]{0,80}>\s*(?:<!--|$)/.test(text.slice(end, end + prologMax));
}

/** The declarations and comments before the first element. */
const prologMax = 65_536;

/** What PyTorch's and vLLM's collect_env write before the first GPU of a list. */
const reportLabel = /^GPU models and configuration ?: {0,4}(?=GPU \d)/;

/** JSON, and XML other than the HTML that issues have around an output. */
const structured =
  /^\s{0,1000}(?:\{|\[\s{0,1000}\{|<(?!\/?(?:details|summary|pre|code|p|b|br|div|span|hr|h\d|ul|ol|li|table|html)\b))/i;

const escape = String.fromCharCode(27);
/** The title of a window (OSC), which prompts set, up to its end. */
const titleSequence = new RegExp(
  `${escape}\\][^\\u0007${escape}\\n]{0,400}(?:\\u0007|${escape}\\\\)`,
  "g",
);
/** Choices of character sets and modes of keys. */
const otherSequence = new RegExp(`${escape}(?:[()][AB0-2]|[=>78M])`, "g");
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
  /^\[?\d{4}[-/]\d{2}[-/]\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?: ?(?:Z|UTC|[+-]\d{2}:?\d{2}))?\]?:?(?: [\w.-]{1,64} [\w./-]{1,64}\[\d{1,8}\]:| std(?:out|err) [FP])?(?: |$)/,
  // HTML tags of blocks on GitHub and elsewhere.
  /^(?:<\/?(?:details|summary|pre|code|p|br|div|span)\b[^>]{0,200}>){1,4}/i,
  // A date in the form of syslog or journald, with host and program.
  /^(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?: [\w.-]{1,64} [\w./()@-]{1,64}(?:\[\d{1,8}\])?:)?(?: |$)/,
  // The time of day alone, or the time since the kernel started.
  /^\[?\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?\]?:?(?: |$)/,
  /^\[ {0,12}\d{1,12}\.\d{1,9}\](?: [\w.-]{1,64} [\w./-]{1,64}\[\d{1,8}\]:)?(?: |$)/,
  // Google's and Kubernetes' loggers: level, date, time, thread, file and line.
  /^[IWEF]\d{4} \d{2}:\d{2}:\d{2}\.\d{1,9} {1,8}\d{1,8} [\w./-]{1,80}:\d{1,6}\](?: |$)/,
  // The job and the step of `gh run view --log`, before a time.
  /^[^\t\n]{1,120}\t[^\t\n]{1,120}\t(?=\uFEFF?\d{4}-\d{2}-\d{2}T\d{2}:)/,
];

const htmlBlock = 3;

/** A log level, which follows after a time. */
const level = /^\[?(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR)\]?(?: -|:)?(?: |$)/;

/** The deepest nesting of prefixes, such as quotations of quotations of logs. */
const prefixesMax = 8;

function withoutPrefixes(line: string): string {
  if (!/^[ >[\dA-Z<]/.test(line) && !line.includes("\t")) return line;
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
 * A word in brackets or before a mark, a pod (whose name ends in a hash) before a container, or a
 * level before a logger.
 */
const wordPrefix = new RegExp(
  [
    String.raw`^(?:\[[^\]\s]{1,120}\]:?|[\w.@/-]{1,120}(?::| ?>| {1,20}\|)`,
    String.raw`[a-z][a-z0-9.-]{1,60}-[a-z0-9]{1,10} [a-z][a-z0-9-]{1,62})(?= |\t|$)`,
    String.raw`^[A-Z]{4,8}:[\w.]{1,60}:`,
  ].join("|"),
);

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
    const word = wordPrefix.exec(line)?.[0];
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
