import { linesText } from "./terminal-text.ts";

/** More would bury the answer. */
const notesMax = 20;

/** Notes beside an answer, for standard error: each is one line, however long. */
export function notesText(notes: readonly string[]): string {
  const shown = notes.slice(0, notesMax).map((note) => linesText([`note: ${note}`]));
  const more = notes.length - shown.length;
  return shown.join("") + (more > 0 ? `note: and ${more} more of these\n` : "");
}
