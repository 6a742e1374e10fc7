import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { type Parsed, type Path, placeIn, quoted } from "./parsed.ts";

/**
 * Parses JSON, with two things that `JSON.parse` lacks: a repeated key is an error, and the
 * position of every field in the text can be found.
 */
export function parseJson(text: string, where: string): Parsed {
  refuseDeep(text, where);
  const value = parsed(text, where);
  walkJson(text, (frames, offset, repeated) => {
    if (!repeated) return false;
    const key = quoted(String(frames.at(-1)?.step));
    throw new EvenkeelError("json-malformed", `the key ${key} appears twice in one object`, {
      where: placeIn(where, text, offset),
      expected: "every key once",
      remedy: "remove one of the two",
    });
  });
  return { value, offsetOf: (path) => offsetIn(text, path) };
}

/** No document is nested this deeply, and `JSON.parse` is slow on texts that are. */
const DEPTH_MAX = 64;

function refuseDeep(text: string, where: string): void {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const c = text[at];
    if (c === '"') at = endOfString(text, at) - 1;
    else if (c === "{" || c === "[") depth++;
    else if (c === "}" || c === "]") depth--;
    if (depth <= DEPTH_MAX) continue;
    throw new EvenkeelError("json-malformed", "it is nested too deeply", {
      where: placeIn(where, text, at),
      expected: `at most ${DEPTH_MAX} levels`,
    });
  }
}

function parsed(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : "";
    // The engine tells no position of a word that is no value, which `wordIn` finds.
    const told = /at position (\d+)/.exec(message)?.[1];
    const offset = told === undefined ? wordIn(text) : Number(told);
    const cut = offset === null || offset >= text.trimEnd().length;
    throw new EvenkeelError(
      "json-malformed",
      cut ? "the JSON text ends too early" : "this is not JSON",
      {
        where: placeIn(where, text, offset ?? text.length),
        expected: "one complete JSON document (RFC 8259)",
        remedy: cut ? "check that the file was written to its end" : jsonSlip(text, offset),
        cause,
      },
    );
  }
}

/** Where the first word stands that is neither in quotes nor a value; null where there is none. */
function wordIn(text: string): number | null {
  const token = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|[A-Za-z_$][\w$]*/gs;
  for (const { 0: word, index } of text.matchAll(token)) {
    if (/^[A-Za-z_$]/.test(word) && !/^(?:true|false|null)$/.test(word)) return index;
  }
  return null;
}

/** What people write that JSON has not: comments, other quotes, a comma at the end, several. */
function jsonSlip(text: string, offset: number): string {
  const before = text.slice(0, offset).trimEnd();
  const after = text.slice(offset);
  if (/^\/[/*]/.test(after)) return "JSON has no comments: leave them out, or write YAML (.yaml)";
  if (after.startsWith("'")) return `JSON has double quotes alone: "…"`;
  if (before.endsWith(",") && /^[}\]]/.test(after)) return "leave out the comma before it";
  if (/[}\]]$/.test(before) && /^[{[]/.test(after) && isWhole(before)) {
    return "it is several documents: write each to a file of its own, or all as YAML (---)";
  }
  if (isPlainKey(text)) return "if it is YAML, begin it with a line of ---";
  if (/^[A-Za-z_]/.test(after)) return "put names and texts in double quotes";
  return "if it is YAML, give its file a name that ends in .yaml";
}

function isWhole(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Whether a text begins with a key without quotes, as YAML in one line does. */
const isPlainKey = (text: string): boolean => /^\s*\{\s*[A-Za-z_]\w*\s*:/.test(text);

/** An object or list that is open at a position in the text, and the current key or index in it. */
interface Frame {
  readonly keys: Set<string> | null;
  step: string | number;
  awaitsKey: boolean;
}

/** Called at each key and each list item; true ends the walk. The frames change after the call. */
type Visit = (frames: readonly Frame[], offset: number, repeated: boolean) => boolean;

/** Visits the keys and list items of a well-formed JSON text in linear time. */
function walkJson(text: string, visit: Visit): void {
  const frames: Frame[] = [];
  let at = 0;
  const beginsValue = (): boolean => {
    const frame = frames.at(-1);
    if (frame === undefined || typeof frame.step !== "number") return false;
    frame.step++;
    return visit(frames, at, false);
  };
  for (; at < text.length; at++) {
    const frame = frames.at(-1);
    switch (text.charAt(at)) {
      case "{":
        if (beginsValue()) return;
        frames.push({ keys: new Set(), step: "", awaitsKey: true });
        break;
      case "[":
        if (beginsValue()) return;
        frames.push({ keys: null, step: -1, awaitsKey: false });
        break;
      case "}":
      case "]":
        frames.pop();
        break;
      case ",":
        if (frame !== undefined) frame.awaitsKey = frame.keys !== null;
        break;
      case '"': {
        const end = endOfString(text, at);
        if (frame?.keys && frame.awaitsKey) {
          const key: unknown = JSON.parse(text.slice(at, end));
          frame.step = String(key);
          frame.awaitsKey = false;
          if (visit(frames, at, frame.keys.has(frame.step))) return;
          frame.keys.add(frame.step);
        } else if (beginsValue()) return;
        at = end - 1;
        break;
      }
      case " ":
      case "\t":
      case "\r":
      case "\n":
      case ":":
        break;
      default:
        // A number or a literal: no character of these can follow one directly.
        if (beginsValue()) return;
        while (/[\w.+-]/.test(text[at + 1] ?? "")) at++;
    }
  }
}

/** The offset after the closing quote of the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}

function offsetIn(text: string, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    let found = -1;
    walkJson(text, (frames, offset) => {
      const here =
        frames.length === length && frames.every(({ step }, depth) => step === path[depth]);
      if (here) found = offset;
      return here;
    });
    if (found >= 0) return found;
  }
  return text.length - text.trimStart().length;
}
