import { grownText, lengthMax } from "./mutate-growth.ts";
import type { Random } from "./random.ts";

/** Replacements for numbers: signs, ends of ranges, other bases, and texts that are not numbers. */
const numbers = [
  "-1",
  "0",
  "1",
  "7",
  "255",
  "256",
  "1023",
  "65535",
  "65536",
  "2147483648",
  "4294967295",
  "9007199254740993",
  "18446744073709551615",
  "99999999999999999999999999",
  "0x10",
  "0xffffffff",
  "1e308",
  "1e999",
  "NaN",
  "Infinity",
  "0.0000001",
  "00",
  "٣",
  "",
];

/** Characters with a meaning in some format, or that are easily forgotten. */
const characters = [
  ...Array.from("\0\t\n\r \"'&<>/\\,;:-+=#%@!*?~|[](){}0123456789afnxZ"),
  "\u001b[4m",
  "\u001b",
  "\u0085",
  "\u00a0",
  "\u2028",
  "\u202e",
  "\ufeff",
  "\ufffd",
  "é",
  "e\u0301",
  "🧊",
  "__proto__",
  "constructor",
  "]]>",
  "<!--",
  "&#0;",
  "&a;",
  "<!DOCTYPE a>",
];

type Mutation = (text: string, others: readonly string[], random: Random) => string;

const mutations: readonly Mutation[] = [
  // One character is replaced, removed or inserted.
  (text, _, random) => replaced(text, random.below(text.length + 1), 1, random.of(characters)),
  (text, _, random) => replaced(text, random.below(text.length + 1), 0, random.of(characters)),
  (text, _, random) => replaced(text, random.below(text.length + 1), 1, flipped(text, random)),
  // A piece is removed or repeated, or the rest is cut off.
  (text, _, random) => replaced(text, random.below(text.length + 1), random.below(40), ""),
  (text, _, random) => {
    const at = random.below(text.length + 1);
    const piece = text.slice(at, at + 1 + random.below(40));
    return replaced(text, at, 0, piece.repeat(1 + random.below(random.once(10) ? 500 : 4)));
  },
  (text, _, random) => (random.once(3) ? text.slice(0, random.below(text.length + 1)) : text),
  changedNumber,
  changedNumber,
  changedNumber,
  changedToken,
  changedToken,
  changedLines,
  changedLines,
];

/** Mutations that keep brackets, quotes and tags intact, and so reach the code behind a parser. */
const gentle: readonly Mutation[] = [
  changedNumber,
  changedNumber,
  changedValue,
  changedValue,
  changedElement,
];

/**
 * Mutates a sample once to eight times; every other time only by mutations that keep its form. One
 * text in twelve also grows.
 */
export function mutatedText(sample: string, others: readonly string[], random: Random): string {
  const kinds = random.once(2) ? gentle : mutations;
  let text = sample;
  for (let left = 1 + (random.once(2) ? 0 : random.below(8)); left > 0; left--) {
    text = random.of(kinds)(text, others, random).slice(0, lengthMax);
  }
  if (!random.once(12)) return text;
  const grown = grownText(text, random);
  return random.once(3) ? grownText(grown, random) : grown;
}

function replaced(text: string, at: number, length: number, by: string): string {
  return text.slice(0, at) + by + text.slice(at + length);
}

function flipped(text: string, random: Random): string {
  const code = text.charCodeAt(random.below(text.length)) || 0;
  return String.fromCharCode((code ^ (1 << random.below(7))) & 0x7f);
}

/** Finds a match near a random position, so that long texts cost no more. */
function found(text: string, pattern: RegExp, random: Random): { at: number; what: string } | null {
  const from = random.below(text.length + 1);
  const window = text.slice(from, from + 400);
  const match = pattern.exec(window);
  return match === null ? null : { at: from + match.index, what: match[0] };
}

const number = /-?\b(?:0x[0-9a-f]+|\d+(?:\.\d+)?)/i;
const quoted = /"[^"\n<>&]*"|'[^'\n<>&]*'/;
const element = /<[a-z]\w*(?: [^<>]*)?\/>/i;
const token = /[\w.:-]+|"[^"\n]*"/;

function changedNumber(text: string, _: readonly string[], random: Random): string {
  const place = found(text, number, random);
  if (place === null) return text;
  const value = random.once(3)
    ? `${Number(place.what) + random.of([-1, 1, 8, 1000])}`
    : random.of(numbers);
  return replaced(text, place.at, place.what.length, value);
}

/** Replaces a word by another one of this or another sample, or repeats it. */
function changedToken(text: string, others: readonly string[], random: Random): string {
  const place = found(text, token, random);
  const other = found(random.once(2) ? text : random.of(others), token, random);
  if (place === null || other === null) return text;
  const word = random.once(8) ? `${place.what} `.repeat(1 + random.below(300)) : other.what;
  return replaced(text, place.at, place.what.length, word);
}

/** Replaces a quoted value by another one. */
function changedValue(text: string, others: readonly string[], random: Random): string {
  const place = found(text, quoted, random);
  const other = found(random.once(2) ? text : random.of(others), quoted, random);
  if (place === null || other === null) return text;
  const by = random.once(4) ? '""' : other.what;
  // The kind of quotes is kept, because the value may contain the other kind.
  return place.what[0] === by[0] ? replaced(text, place.at, place.what.length, by) : text;
}

/** Removes, repeats or copies an element without content. */
function changedElement(text: string, others: readonly string[], random: Random): string {
  const place = found(text, element, random);
  const other = found(random.once(2) ? text : random.of(others), element, random);
  if (place === null || other === null) return text;
  if (random.once(3)) return replaced(text, place.at, place.what.length, "");
  return replaced(
    text,
    place.at,
    0,
    other.what.repeat(1 + random.below(random.once(20) ? 300 : 2)),
  );
}

/** Removes, repeats or moves lines, or inserts lines of another sample. */
function changedLines(text: string, others: readonly string[], random: Random): string {
  const lines = text.split("\n");
  const at = random.below(lines.length);
  const count = 1 + random.below(random.once(4) ? 30 : 3);
  const piece = lines.slice(at, at + count);
  const to = random.below(lines.length + 1);
  switch (random.below(5)) {
    case 0:
      lines.splice(at, count);
      break;
    case 1:
      for (let left = 1 + random.below(random.once(10) ? 30 : 3); left > 0; left--) {
        lines.splice(at, 0, ...piece);
      }
      break;
    case 2:
      lines.splice(at, count);
      lines.splice(to, 0, ...piece);
      break;
    case 3:
      lines.splice(to, 0, ...piece.toReversed());
      break;
    default: {
      const other = random.of(others).split("\n");
      const from = random.below(other.length);
      lines.splice(to, random.below(3), ...other.slice(from, from + count));
    }
  }
  return lines.join("\n");
}
