import { wrap } from "@evenkeel/core/text/wrap.ts";
import { linesText } from "./terminal-text.ts";
import { widthOf } from "./width.ts";

/** More would bury the answer. */
const notesMax = 20;

/** Where those disagreements of sources are told that are too many for an answer. */
export const restOfFindings = ", which are told with --output json";

/** A stream to write to. */
interface Told {
  readonly write: (text: string) => void;
  /** The width of the terminal; null where there is none. */
  readonly columns: number | null;
}

/** Which notes are told, and where the others are. */
interface NotesOptions {
  /** Beside a document for programs all are told. */
  readonly all?: boolean;
  /** Where those beyond the first are told. */
  readonly rest?: string;
}

/**
 * Writes notes beside an answer to standard error. On a terminal they follow its width; elsewhere
 * each is one line, however long.
 */
export function writeNotes(
  stderr: Told,
  notes: readonly string[],
  { all = false, rest = "" }: NotesOptions = {},
): void {
  if (notes.length === 0) return;
  const shown = notes.slice(0, all ? notes.length : notesMax);
  const more = notes.length - shown.length;
  const told = [...shown, ...(more > 0 ? [`and ${more} more of these${rest}`] : [])];
  const width = stderr.columns === null ? Infinity : widthOf(stderr);
  stderr.write(linesText(told.flatMap((note) => wrap(`note: ${note}`, width, "  "))));
}
