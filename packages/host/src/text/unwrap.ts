import { textLimits } from "./read-lines.ts";

/**
 * Takes an output out of the strings that a program put it in:
 *
 * - a log of JSON or logfmt, one record a line (docker's, `journalctl -o json`)
 * - a string with `\n` in place of line ends, as YAML and source code have
 *
 * Any other text is returned as it is. The cost is linear in the text.
 */
export function unwrapped(text: string): string {
  return fromRecords(text) ?? fromEscapes(text) ?? text;
}

/** Fields of log records that hold the line, by the programs that write them. */
const messageFields = ["log", "MESSAGE", "message", "msg", "line", "text"] as const;
/** A record of logfmt: `time=… level=info msg="…"`. */
const logfmt =
  /^(?:[\w.]{1,40}=(?:"[^"\n]{0,200}"|[^\s"]{0,200}) ){0,12}(?:msg|message)=("(?:[^"\\\n]|\\.){0,65536}")/;

function fromRecords(text: string): string | null {
  if (!/^\s{0,1000}(?:\{"|[\w.]{1,40}=)/.test(text)) return null;
  const lines = text.split(/\r?\n/, textLimits.lines).filter((line) => line.trim() !== "");
  if (lines.length < 2) return null;
  const messages = lines.map(messageOf);
  const known = messages.filter((message) => message !== null);
  if (known.length * 5 < lines.length * 4) return null;
  return known.map((message) => message.replace(/\r?\n$/, "")).join("\n");
}

function messageOf(line: string): string | null {
  const record = line.startsWith("{") ? parsed(line) : null;
  if (record !== null && typeof record === "object") {
    const found = messageFields.find((field) => typeof Reflect.get(record, field) === "string");
    return found === undefined ? null : String(Reflect.get(record, found));
  }
  const quoted = logfmt.exec(line)?.[1];
  const message = quoted === undefined ? null : parsed(quoted);
  return typeof message === "string" ? message : null;
}

/**
 * The strings of several lines in a JSON document that no tool wrote (a report, an issue's form, a
 * notebook), or its lists of lines, in their order; null where there are none.
 */
export function textsInJson(text: string): string | null {
  if (!/^\s{0,1000}["{[]/.test(text)) return null;
  const found: string[] = [];
  const pending: unknown[] = [parsed(text)];
  while (pending.length > 0) {
    const value = pending.pop();
    if (typeof value === "string") {
      if (value.includes("\n")) found.push(value);
    } else if (Array.isArray(value)) {
      const lines: unknown[] = value;
      // A notebook keeps a text as a list of its lines.
      if (lines.length > 1 && lines.every((line) => typeof line === "string")) {
        const ends = lines.some((line) => line.endsWith("\n"));
        found.push(lines.join(ends ? "" : "\n"));
      } else pending.push(...lines.toReversed());
    } else if (value !== null && typeof value === "object") {
      pending.push(...Object.values(value).toReversed());
    }
  }
  return found.length === 0 ? null : found.join("\n");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A line with this many escaped line ends is a text of its own. */
const escapedMin = 3;

function fromEscapes(text: string): string | null {
  // JSON and XML have readers of their own.
  if (/^\s{0,1000}[{[<]/.test(text)) return null;
  const escaped = text.split("\\n").length - 1;
  if (escaped < escapedMin || escaped < text.split("\n", textLimits.lines).length) return null;
  // YAML folds a long string behind a backslash, and keeps blanks behind another one.
  return text
    .replaceAll(/\\\r?\n[ \t]{0,40}\\?/g, "")
    .replaceAll(/^[ \t-]{0,40}(?:["']?[\w .-]{1,60}["']?\s?[:=]\s?)?\$?["']/gm, "")
    .replaceAll(/(?:\\r)?\\n["'],?$/gm, "\n")
    .replaceAll(/(?:\\r)?\\n/g, "\n")
    .replaceAll("\\t", "\t")
    .replaceAll('\\"', '"')
    .replaceAll("\\\\", "\\");
}
