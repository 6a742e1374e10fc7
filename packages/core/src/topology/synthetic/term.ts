import { EvenkeelError } from "../../error/evenkeel-error.ts";

/**
 * The syntax of the synthetic language, without its meaning: a machine is a list of terms, and
 * every term has the same form.
 *
 *     machine = { term }
 *     term    = key [ ":" value ] [ "(" { term } ")" ] [ "*" count ] [ "[" { term } "]" ]
 *               [ "@" value ]
 *     value   = "text in quotes" | characters other than white space and ( ) [ ] * @ "
 *
 * Terms are separated by white space, line breaks included. Parsing is one pass over the text; its
 * depth is bounded, so no text can exhaust the stack.
 */
export interface Term {
  readonly key: string;
  readonly value: Value | null;
  /** In parentheses: the thing's attributes. */
  readonly attributes: readonly Term[];
  readonly count: number | null;
  /** In brackets: the things below it; null without brackets. */
  readonly children: readonly Term[] | null;
  /** After the `@`: the nodes, as written; null for all. */
  readonly nodes: Value | null;
  /** The position of the key, from 0. */
  readonly at: number;
}

export interface Value {
  readonly text: string;
  readonly quoted: boolean;
  readonly at: number;
}

/** Longer than the description of any machine, and short enough to be parsed at once. */
export const textLengthMax = 65_536;
const depthMax = 16;
const countDigitsMax = 6;

/** Parses terms; a malformed text fails with the column and what was expected there. */
export function parseTerms(text: string): Term[] {
  if (text.length > textLengthMax) {
    throw malformed(text, textLengthMax, "the description is too long", {
      expected: `at most ${textLengthMax} characters`,
    });
  }
  return readTerms({ text, at: 0 }, null, 0);
}

interface Cursor {
  readonly text: string;
  at: number;
}

const keyCharacter = /[a-z0-9]/;
const valueCharacter = /[^\s()[\]*@"]/;
const digit = /[0-9]/;

function skipSpace(cursor: Cursor): void {
  while (/\s/.test(cursor.text.charAt(cursor.at))) cursor.at++;
}

function readWhile(cursor: Cursor, character: RegExp): string {
  const start = cursor.at;
  while (cursor.at < cursor.text.length && character.test(cursor.text.charAt(cursor.at))) {
    cursor.at++;
  }
  return cursor.text.slice(start, cursor.at);
}

function take(cursor: Cursor, character: string): boolean {
  if (cursor.text.charAt(cursor.at) !== character) return false;
  cursor.at++;
  return true;
}

/** Terms up to the closing character, or to the end of the text where it is null. */
function readTerms(cursor: Cursor, closing: ")" | "]" | null, depth: number): Term[] {
  const opened = cursor.at - 1;
  if (depth > depthMax) {
    throw malformed(cursor.text, opened, `brackets are nested more than ${depthMax} deep`, {});
  }
  const terms: Term[] = [];
  for (;;) {
    skipSpace(cursor);
    if (closing !== null && take(cursor, closing)) return terms;
    if (cursor.at >= cursor.text.length) {
      if (closing === null) return terms;
      const opening = closing === ")" ? "(" : "[";
      throw malformed(cursor.text, opened, `this "${opening}" is never closed`, {
        expected: `a "${closing}"`,
      });
    }
    terms.push(readTerm(cursor, depth));
  }
}

function readTerm(cursor: Cursor, depth: number): Term {
  const at = cursor.at;
  const key = readWhile(cursor, keyCharacter);
  if (key === "") {
    const found = cursor.text.charAt(at);
    throw malformed(cursor.text, at, `"${found}" cannot begin a term`, {
      expected: "a word in lower-case letters, such as core:8",
    });
  }
  const value = take(cursor, ":") ? readValue(cursor, `a value after "${key}:"`) : null;
  const attributes = take(cursor, "(") ? readTerms(cursor, ")", depth + 1) : [];
  const count = take(cursor, "*") ? readCount(cursor) : null;
  const children = take(cursor, "[") ? readTerms(cursor, "]", depth + 1) : null;
  const nodes = take(cursor, "@") ? readValue(cursor, 'nodes after "@", such as 0-3,7') : null;
  const next = cursor.text.charAt(cursor.at);
  if (next !== "" && !/[\s)\]]/.test(next)) {
    throw malformed(cursor.text, cursor.at, `"${next}" is out of place here`, {
      expected: "white space, or the parts of a term in the order key:value(…)*count[…]@nodes",
    });
  }
  return { key, value, attributes, count, children, nodes, at };
}

function readValue(cursor: Cursor, expected: string): Value {
  const at = cursor.at;
  if (take(cursor, '"')) return { text: readQuoted(cursor, at), quoted: true, at };
  const text = readWhile(cursor, valueCharacter);
  if (text === "") throw malformed(cursor.text, at, "a value is missing", { expected });
  return { text, quoted: false, at };
}

/** Text up to the closing quote; a backslash keeps the quote or backslash after it. */
function readQuoted(cursor: Cursor, opened: number): string {
  let text = "";
  for (;;) {
    if (take(cursor, '"')) return text;
    take(cursor, "\\");
    const character = cursor.text.charAt(cursor.at);
    if (character === "") {
      throw malformed(cursor.text, opened, "this quote is never closed", { expected: `a '"'` });
    }
    if (character < " ") {
      throw malformed(cursor.text, cursor.at, "a quoted text contains a control character", {
        expected: "printable characters",
      });
    }
    text += character;
    cursor.at++;
  }
}

function readCount(cursor: Cursor): number {
  const at = cursor.at;
  const digits = readWhile(cursor, digit);
  if (digits === "" || digits.length > countDigitsMax || Number(digits) === 0) {
    throw malformed(cursor.text, at, 'a count is missing or out of range after "*"', {
      expected: "an integer from 1 to 999999",
    });
  }
  return Number(digits);
}

/** Prints terms with one space between them; parsing the text gives the terms back. */
export function printTerms(terms: readonly Term[]): string {
  return terms.map(printTerm).join(" ");
}

function printTerm({ key, value, attributes, count, children, nodes }: Term): string {
  const below = children === null ? "" : `[${printTerms(children)}]`;
  return (
    key +
    (value === null ? "" : `:${printValue(value)}`) +
    (attributes.length === 0 ? "" : `(${printTerms(attributes)})`) +
    (count === null ? "" : `*${count}`) +
    below +
    (nodes === null ? "" : `@${printValue(nodes)}`)
  );
}

function printValue({ text, quoted }: Value): string {
  return quoted ? `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"` : text;
}

export interface MalformedDetail {
  readonly expected?: string;
  readonly remedy?: string | null;
}

/** The error for a place in the text: its column, and its line if there are several. */
export function malformed(
  text: string,
  at: number,
  message: string,
  { expected, remedy }: MalformedDetail,
): EvenkeelError {
  const before = text.slice(0, at);
  const column = at - before.lastIndexOf("\n");
  const lines = before.split("\n").length;
  const place = text.includes("\n") ? `line ${lines}, column ${column}` : `column ${column}`;
  return new EvenkeelError("synthetic-malformed", `${place}: ${message}`, {
    where: place,
    ...(expected === undefined ? {} : { expected }),
    ...(remedy === undefined || remedy === null ? {} : { remedy }),
  });
}
