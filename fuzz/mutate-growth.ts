import type { Random } from "./random.ts";

/** The longest grown text. Limits on length have their own tests. */
export const lengthMax = 256 * 1024;

/** A mutation of a few characters that asks a reader for much more work. */
type Growth = (text: string, random: Random) => string;

const growths: readonly Growth[] = [
  // A range that names every index: `0-3` becomes `0-65535`.
  (text, random) => changed(text, /\d+-\d+/, random, (range) => range.replace(/-\d+/, "-65535")),
  (text, random) => changed(text, /\d+/, random, (digits) => `${Number(digits) * 1000}`),
  // A line or an element many times: the same, or each with another number.
  (text, random) => changed(text, /(?<=\n)[^\n]+\n/, random, (line) => repeated(line, random)),
  (text, random) => changed(text, /(?<=\n)[^\n]+\n/, random, (line) => renumbered(line, random)),
  (text, random) => changed(text, /<\w[^<>]*\/>/, random, (element) => renumbered(element, random)),
  // An item of a list, in JSON and YAML as well.
  (text, random) => changed(text, /[\w."'-]+, ?/, random, (item) => renumbered(item, random)),
  // A long line: a character again and again, mostly a blank.
  stretched,
  // Several lines together many times.
  (text, random) =>
    changed(text, /(?<=\n)(?:[^\n]*\n){2,12}/, random, (lines) => repeated(lines, random)),
  nested,
  nested,
];

/** Makes a text ask for more: by ranges, repetitions, larger numbers or deeper nesting. */
export function grownText(text: string, random: Random): string {
  return random.of(growths)(text, random).slice(0, lengthMax);
}

/** Changes a match near a random position, so that long texts cost no more. */
function changed(
  text: string,
  pattern: RegExp,
  random: Random,
  change: (found: string) => string,
): string {
  const from = random.below(text.length + 1);
  const match = pattern.exec(text.slice(from, from + 2000));
  if (match === null) return text;
  const at = from + match.index;
  return text.slice(0, at) + change(match[0]) + text.slice(at + match[0].length);
}

/** How often a piece fits, up to ten thousand times. */
const times = (piece: string, random: Random): number =>
  Math.min(random.of([100, 1000, 10_000]), Math.ceil(lengthMax / 2 / piece.length));

const repeated = (piece: string, random: Random): string => piece.repeat(times(piece, random));

/** Blanks where there is one already, or any character. */
function stretched(text: string, random: Random): string {
  const length = random.of([1000, 10_000, lengthMax / 2]);
  const pattern = random.once(2) ? /[ \t]/ : /[^\n]/;
  return changed(text, pattern, random, (character) => character.repeat(length));
}

/** The piece again and again, with its first or its last number counted up. */
function renumbered(piece: string, random: Random): string {
  const pattern = random.once(2) ? /\d+/ : /\d+(?=\D*$)/;
  return Array.from({ length: times(piece, random) }, (_, i) =>
    piece.replace(pattern, (digits) => `${Number(digits) + i}`),
  ).join("");
}

const brackets: readonly (readonly [string, string])[] = [
  ["[", "]"],
  ["{", "}"],
  ['{"a":', "}"],
  ["<a>", "</a>"],
  ["<object type='Group'>", "</object>"],
  ["- ", ""],
  ["(", ")"],
];

function nested(text: string, random: Random): string {
  const [open, close] = random.of(brackets);
  const depth = random.of([20, 200, 5000]);
  const at = random.below(text.length + 1);
  return text.slice(0, at) + open.repeat(depth) + close.repeat(depth) + text.slice(at);
}
