import { linesText } from "./terminal-text.ts";

/** More would bury the answer. */
const notesMax = 20;

/** Where those disagreements of sources are told that are too many for an answer. */
export const restOfFindings = ", which are told with --output json";

/**
 * Notes beside an answer, for standard error: each is one line, however long. Beside a document for
 * programs all are told.
 *
 * @param rest where those beyond the first are told.
 */
export function notesText(notes: readonly string[], all = false, rest = ""): string {
  const shown = notes
    .slice(0, all ? notes.length : notesMax)
    .map((note) => linesText([`note: ${note}`]));
  const more = notes.length - shown.length;
  return shown.join("") + (more > 0 ? `note: and ${more} more of these${rest}\n` : "");
}
