import { randomBytes } from "node:crypto";

/**
 * Everything that the command line prints passes `terminalText`, the one place that escapes what
 * would command a terminal. Printers put names and messages into their texts as they are.
 *
 * A printer's own escapes are marked with a key that is new in each process, so that no name and no
 * message can contain the mark.
 */
const mark = `\u{1b}${randomBytes(12).toString("hex")}[`;

/**
 * Control characters but line feed and tab, separators of lines, and marks of direction. Ranges are
 * tried seven times as fast as the properties that name them: long documents pass here too.
 */
// oxlint-disable-next-line no-control-regex -- these are what is escaped
const commanding = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** The escape sequences of a text, which must be the program's own, marked so that they pass. */
export function styled(own: string): string {
  return own.replaceAll("\u{1b}[", mark);
}

/** Goes to the start of the terminal's line and clears it. */
export const restartedLine: string = styled("\u{1b}[G\u{1b}[K");

/**
 * The text as a stream takes it: marked escapes as they were, and all other characters that would
 * command a terminal as `\u009b`, which JSON reads as the character again.
 */
export function terminalText(text: string): string {
  return text
    .split(mark)
    .map((part) => part.replace(commanding, escapeOf))
    .join("\u{1b}[");
}

/** Lines as one text. A line feed within a line would pretend to be another line. */
export function linesText(lines: readonly string[]): string {
  return lines.map((line) => `${line.replaceAll("\n", escapeOf)}\n`).join("");
}

function escapeOf(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
