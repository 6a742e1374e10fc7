import { visible } from "./visible.ts";

/** More would bury what the command was asked for. */
const notesMax = 20;

/** Remarks beside an answer, for standard error: a line for each, as long as it is. */
export function notesText(notes: readonly string[]): string {
  const shown = notes.slice(0, notesMax).map((note) => `note: ${visible(note)}\n`);
  const more = notes.length - shown.length;
  return shown.join("") + (more > 0 ? `note: and ${more} more of these\n` : "");
}
