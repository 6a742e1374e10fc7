import { shorten } from "@evenkeel/core/text/shorten.ts";

/** The steps from a document's top to a field: names of fields and positions in lists. */
export type Path = readonly (string | number)[];

/** A value, and the positions of its fields in the text, for error messages. */
export interface Parsed {
  readonly value: unknown;
  /** The offset of the field, or of its nearest existing parent; null where it is unknown. */
  readonly offsetOf: (path: Path) => number | null;
}

/**
 * A position in a file as compilers and editors write it: `vm.yaml:7:11`, with line and column
 * counted from 1. Only the file where the offset is null.
 */
export function placeIn(where: string, text: string, offset: number | null): string {
  if (offset === null) return where;
  let line = 1;
  let start = 0;
  for (;;) {
    const end = text.indexOf("\n", start);
    if (end < 0 || end >= offset) break;
    line++;
    start = end + 1;
  }
  return `${where}:${line}:${offset - start + 1}`;
}

/** A path as text: `cells[0].vcpus[3].cpu`. Empty for the top of the document. */
export function formatPath(path: Path): string {
  let text = "";
  for (const step of path) {
    text += typeof step === "number" ? `[${step}]` : `${text === "" ? "" : "."}${step}`;
  }
  return text;
}

/** An untrusted text for a message: in quotes, escaped, on one line and shortened. */
export function quoted(text: string): string {
  // oxlint-disable-next-line no-control-regex -- these would move the cursor of a terminal
  const hidden = /[\u007f-\u009f\u2028\u2029]/g;
  const escape = (c: string): string => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(shorten(text, 60)).replace(hidden, escape);
}
