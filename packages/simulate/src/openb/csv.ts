import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { at, valueOf } from "@evenkeel/core/unit/list.ts";

/** The trace of one fleet has fewer rows than this. */
const ROWS_MAX = 200_000;
const LENGTH_MAX = 64 * 1024 * 1024;

/** Reads one row by the names of the columns. */
export interface CsvRow {
  readonly text: (column: string) => string;
  /** A whole number from 0 to `most`. Errors: `trace-malformed` with the line. */
  readonly number: (column: string, most: number) => number;
  /** Whether the list has this column. */
  readonly has: (column: string) => boolean;
}

/**
 * Reads a list of the published trace: comma-separated values without quotes, a header first.
 * Columns are found by name; other columns are ignored.
 *
 * Errors: `trace-malformed` with the line.
 */
export function readCsv(
  text: string,
  where: string,
  columns: readonly string[],
): readonly CsvRow[] {
  if (text.length > LENGTH_MAX)
    throw malformed("the list is too long", where, `at most ${LENGTH_MAX} characters`);
  const lines = text.split("\n");
  if (lines.length > ROWS_MAX)
    throw malformed("the list has too many lines", where, `at most ${ROWS_MAX} lines`);
  const [header = "", ...rows] = lines.map((line) =>
    line.endsWith("\r") ? line.slice(0, -1) : line,
  );
  const names = header.split(",");
  const missing = columns.find((column) => !names.includes(column));
  if (missing !== undefined) {
    throw malformed(
      `the list has no column ${missing}`,
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
        `this line has ${cells.length} cells`,
        place,
        `${names.length} cells, as the header has`,
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
  throw malformed(`the value of ${column} is not valid`, where, `a whole number from 0 to ${most}`);
}

/** The error for a list that does not have the published form. */
export function malformed(message: string, where: string, expected: string): EvenkeelError {
  return new EvenkeelError("trace-malformed", message, {
    where,
    expected,
    remedy: "take the lists as published: openb_node_list_gpu_node.csv, openb_pod_list_….csv",
  });
}
