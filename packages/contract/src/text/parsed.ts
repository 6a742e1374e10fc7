import { shorten } from "@evenkeel/core/text/shorten.ts";

/** The steps from a document's top to a field: names of fields and positions in lists. */
export type Path = readonly (string | number)[];

/** A value with the way back to the text that it was read from, so that errors can point there. */
export interface Parsed {
  readonly value: unknown;
  /** Where the field stands, or the nearest thing around it that is there; null of no known place. */
  readonly offsetOf: (path: Path) => number | null;
}

/**
 * `vm.yaml:7:11`, with line and column counted from 1, as compilers and editors write it; of no known
 * place the file alone.
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

/** `cells[0].vcpus[3].cpu`; of the top, the empty text. */
export function formatPath(path: Path): string {
  let text = "";
  for (const step of path) {
    text += typeof step === "number" ? `[${step}]` : `${text === "" ? "" : "."}${step}`;
  }
  return text;
}

/** A text from a stranger, for a message: quoted, on one line, and not longer than a line. */
export function quoted(text: string): string {
  // oxlint-disable-next-line no-control-regex -- these would move the cursor of a terminal
  const hidden = /[\u007f-\u009f\u2028\u2029]/g;
  const escape = (c: string): string => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(shorten(text, 60)).replace(hidden, escape);
}
