import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { at, valueOf } from "@evenkeel/core/unit/list.ts";

/** A list with more rows than this is no trace of one fleet. */
const ROWS_MAX = 200_000;
const LENGTH_MAX = 64 * 1024 * 1024;

/** A row by the names of its columns; what it reads says which row and column it was. */
export interface CsvRow {
  readonly text: (column: string) => string;
  /** A whole number from 0 to `most`. */
  readonly number: (column: string, most: number) => number;
  /** Whether the list has such a column at all. */
  readonly has: (column: string) => boolean;
}

/**
 * A list of the published trace: comma-separated, a header first, no quotes. Columns are found by
 * their names, and the ones that nobody asks for are skipped.
 *
 * Errors: `trace-malformed` with the line.
 */
export function readCsv(
  text: string,
  where: string,
  columns: readonly string[],
): readonly CsvRow[] {
  if (text.length > LENGTH_MAX)
    throw malformed("it is too long", where, `${LENGTH_MAX} characters`);
  const lines = text.split("\n");
  if (lines.length > ROWS_MAX) throw malformed("it has too many lines", where, `${ROWS_MAX} lines`);
  const [header = "", ...rows] = lines.map((line) =>
    line.endsWith("\r") ? line.slice(0, -1) : line,
  );
  const names = header.split(",");
  const missing = columns.find((column) => !names.includes(column));
  if (missing !== undefined) {
    throw malformed(
      `it has no column ${missing}`,
      `${where}:1`,
      `the columns ${columns.join(", ")}`,
    );
  }
  const index = new Map(names.map((name, i) => [name, i]));
  return rows.flatMap((line, i) => {
    if (line === "") return [];
    const cells = line.split(",");
    const place = `${where}:${i + 2}`;
    if (cells.length !== names.length) {
      throw malformed(
        `it has ${cells.length} cells`,
        place,
        `${names.length} cells, as the header`,
      );
    }
    const cell = (column: string): string => at(cells, valueOf(index, column));
    return [
      {
        text: cell,
        number: (column, most) => wholeNumber(cell(column), column, most, place),
        has: (column) => index.has(column),
      },
    ];
  });
}

function wholeNumber(cell: string, column: string, most: number, where: string): number {
  const value = Number(cell);
  if (/^\d{1,15}$/.test(cell) && value <= most) return value;
  throw malformed(`${column} is not one`, where, `a whole number from 0 to ${most}`);
}

/** The error for a list that is no part of a trace. */
export function malformed(message: string, where: string, expected: string): EvenkeelError {
  return new EvenkeelError("trace-malformed", message, {
    where,
    expected,
    remedy: "take the lists as published: openb_node_list_gpu_node.csv, openb_pod_list_….csv",
  });
}
