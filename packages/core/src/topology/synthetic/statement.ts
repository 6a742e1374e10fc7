import { didYouMean } from "../../text/did-you-mean.ts";
import { indices, isEmpty } from "../../set/index-set.ts";
import { formatList, parseList } from "../../set/list-format.ts";
import { parseQuantity } from "../../unit/bytes.ts";
import { limits } from "./machine.ts";
import { malformed, type Term, type Value } from "./term.ts";

/**
 * The functions here read the values of terms: each returns a value's meaning, or fails at its
 * place with what was expected there.
 */
export interface Reader {
  /** The whole text, for the columns in errors. */
  readonly text: string;
}

/** The parts that a key's terms may have besides `key:value`. */
export interface Shape {
  readonly value: "needed" | "allowed" | "none";
  readonly attributes?: readonly string[];
  readonly count?: boolean;
  readonly children?: "needed" | "allowed";
  readonly nodes?: "needed" | "allowed";
}

/** Fails where the term has a part that its key does not allow, or lacks a required one. */
export function expectShape({ text }: Reader, term: Term, shape: Shape): void {
  const { key } = term;
  const refuse = (at: number, message: string, expected?: string): never => {
    throw malformed(text, at, message, expected === undefined ? {} : { expected });
  };
  if (shape.value === "needed" && term.value === null) {
    refuse(term.at, `"${key}" needs a value`, `${key}:VALUE`);
  }
  if (shape.value === "none" && term.value !== null) {
    refuse(term.value.at, `"${key}" takes no value`, key);
  }
  const known = shape.attributes ?? [];
  const seen = new Set<string>();
  for (const attribute of term.attributes) {
    if (!known.includes(attribute.key)) {
      if (known.length === 0) refuse(attribute.at, `"${key}" takes nothing in parentheses`);
      throw unknownWord({ text }, attribute.at, attribute.key, `"${key}" has no`, known);
    }
    if (seen.has(attribute.key)) refuse(attribute.at, `"${attribute.key}" is given twice`);
    seen.add(attribute.key);
    expectShape({ text }, attribute, { value: "needed" });
  }
  if (term.count !== null && shape.count !== true) refuse(term.at, `"${key}" takes no "*" count`);
  if (term.children !== null && shape.children === undefined) {
    refuse(term.at, `"${key}" takes nothing in brackets`);
  }
  if (term.children === null && shape.children === "needed") {
    refuse(term.at, `"${key}" needs devices in brackets`, `${key}[…]`);
  }
  if (term.nodes !== null && shape.nodes === undefined) {
    refuse(term.nodes.at, `"${key}" takes no nodes after "@"`);
  }
}

/** The error for an unknown word, with the most similar known word. */
export function unknownWord(
  { text }: Reader,
  at: number,
  word: string,
  message: string,
  known: readonly string[],
): Error {
  const meant = didYouMean(word, known);
  return malformed(text, at, `${message} "${word}"`, {
    expected: known.length === 1 ? (known[0] ?? "") : `one of ${known.join(", ")}`,
    remedy: meant === null ? null : `Did you mean "${meant}"?`,
  });
}

/** One of the known words. */
export function readWord<T extends string>(
  reader: Reader,
  value: Value,
  what: string,
  known: readonly T[],
): T {
  const found = known.find((word) => word === value.text);
  if (found !== undefined && !value.quoted) return found;
  throw unknownWord(reader, value.at, value.text, `there is no ${what}`, known);
}

export function readInteger(reader: Reader, value: Value, least: number, most: number): number {
  const number = /^\d{1,9}$/.test(value.text) && !value.quoted ? Number(value.text) : NaN;
  if (number >= least && number <= most) return number;
  throw malformed(reader.text, value.at, `"${value.text}" is not a valid number`, {
    expected: `an integer from ${least} to ${most}`,
  });
}

/** Like `readInteger`; null for `?`. */
export function readCount(
  reader: Reader,
  value: Value,
  least: number,
  most: number,
): number | null {
  return value.text === "?" ? null : readInteger(reader, value, least, most);
}

export function readBytes(reader: Reader, value: Value): number {
  const bytes = value.quoted ? null : parseQuantity(value.text);
  if (bytes !== null) return bytes;
  throw malformed(reader.text, value.at, `"${value.text}" is not a size`, {
    expected: "a quantity of bytes such as 512Gi",
  });
}

export function readText(reader: Reader, value: Value): string {
  if (value.text.length > 0 && value.text.length <= 128) return value.text;
  throw malformed(reader.text, value.at, "this text is empty or very long", {
    expected: "1 to 128 characters",
  });
}

/** A non-empty list such as `0-3,7` of numbers below a limit, in its canonical form. */
export function readList(reader: Reader, value: Value, limit: number): string {
  const set = value.quoted ? null : parseList(value.text);
  if (set === null || isEmpty(set)) {
    throw malformed(reader.text, value.at, `"${value.text}" is not a list`, {
      expected: "a list such as 0-3,7",
    });
  }
  if (set.words.length * 32 > limit && indices(set).some((number) => number >= limit)) {
    throw malformed(reader.text, value.at, `"${value.text}" has a number that is too high`, {
      expected: `numbers from 0 to ${limit - 1}`,
    });
  }
  return formatList(set);
}

/** The count of a term: 1 without `*`. */
export function timesOf({ count }: Term): number {
  return count === null ? 1 : count;
}

/** The nodes after an `@`, or null where the term has none. */
export function readNodes(reader: Reader, term: Term): string | null {
  return term.nodes === null ? null : readList(reader, term.nodes, limits.nodeNumbers);
}

/** Splits a value at a separator; each part keeps its place in the text. */
export function splitValue(value: Value, separator: string): Value[] {
  let at = value.at;
  return value.text.split(separator).map((text) => {
    const part = { text, quoted: value.quoted, at };
    at += text.length + separator.length;
    return part;
  });
}

/** The value of an attribute, or null where the term does not have it. */
export function attributeOf(term: Term, key: string): Value | null {
  return term.attributes.find((attribute) => attribute.key === key)?.value ?? null;
}
