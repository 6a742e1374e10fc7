import type { Leftovers } from "../text/note.ts";

/** The distances of an output, and what they lack. */
export interface Distances {
  /** Rows and columns in the order of the nodes; null where they are not complete. */
  readonly matrix: number[][] | null;
  readonly missing: Leftovers["missing"];
}

/**
 * Reads the table below `node distances:`. Its first line names the columns; a terminal may have
 * broken it and the rows into several lines. A kernel without distances prints a sentence instead,
 * and then nothing is missing. A topology has all distances or none, so a table that lost a row, a
 * column or a value gives none.
 */
export function readDistances(lines: readonly string[], ids: readonly number[]): Distances {
  const start = lines.findIndex((line) => line.startsWith("node distances:"));
  if (start < 0) {
    const hasNone = lines.some((line) => line.startsWith("No distance information"));
    return { matrix: null, missing: hasNone || ids.length < 2 ? [] : ["the distances"] };
  }
  const header = lines.slice(start + 1).findIndex((line) => /^node\s+\d/.test(line));
  const rows = new Map<string, number[]>();
  let row = "";
  for (const line of header < 0 ? [] : lines.slice(start + 1 + header)) {
    const match = /^(node|\d{1,5}:)?\s*((?:\d{1,5}(?:\s+|$))*)$/.exec(line);
    if (match === null || line === "" || (match[1] === "node" && rows.size > 0)) break;
    row = match[1] ?? row;
    const numbers = (match[2] ?? "").split(/\s+/).filter((word) => word !== "");
    const values = rows.get(row) ?? [];
    // A row that stands there thousands of times must not be copied each time.
    for (const number of numbers) values.push(Number(number));
    rows.set(row, values);
  }
  const columns = rows.get("node") ?? [];
  if (columns.length !== ids.length || columns.some((id, i) => id !== ids[i])) {
    return { matrix: null, missing: ["the distances of some nodes"] };
  }
  const matrix = ids.map((id) => rows.get(`${id}:`) ?? []);
  const isWhole = (values: readonly number[]): boolean =>
    values.length === ids.length && values.every((value) => value > 0);
  const missing = ids.flatMap((id, i) =>
    isWhole(matrix[i] ?? []) ? [] : [`the distances from node ${id}`],
  );
  return { matrix: missing.length === 0 ? matrix : null, missing };
}
