/** A table of numbers with numbered rows and columns, as tools print them. */
export interface Matrix {
  readonly columns: readonly number[];
  readonly rows: readonly MatrixRow[];
  /** The line after its last row. */
  readonly end: number;
  /** What is missing because the text ends within the table; empty where it is whole. */
  readonly cut: readonly string[];
  /** The row at which the table stops because a cell is no number; null where there is none. */
  readonly broken: number | null;
}

export interface MatrixRow {
  readonly id: number;
  /** By column; null where the tool printed that there is none, or the text ends before it. */
  readonly cells: readonly (number | null)[];
}

/** More than a machine has nodes or accelerators. */
const columnsMax = 256;

/** The tool's words for a cell without a number. */
const noNumber = /^(?:N\/A|n\/a|-+|[-+]?nan(?:\(.*\))?|inf|X)$/i;
const isNumber = /^\d{1,12}(?:\.\d{0,12})?$/;
const isIndex = /^\d{1,5}$/;

/**
 * Reads the table whose header is in a line: words, and then the numbers of the columns. A row is
 * the number of it and its cells. Empty lines between rows are skipped; a line that a terminal or a
 * mail broke in two is joined again. Null where the line is no such header.
 *
 * Where the text ends within the table, the rest is missing, and so is a last number with fewer
 * decimals than the others, which was cut.
 */
export function readMatrix(lines: readonly string[], start: number, header: RegExp): Matrix | null {
  const first = header.exec(lines[start] ?? "")?.[1];
  if (first === undefined) return null;
  const columns = words(first).map(Number);
  if (columns.length === 0 || columns.length > columnsMax) return null;
  let at = start + 1;
  // The rest of a header that was broken goes on with the next number.
  for (;;) {
    const next = words(lines[at] ?? "");
    const last = columns.at(-1);
    const goesOn = next.length > 0 && next.every((word) => isIndex.test(word));
    if (!goesOn || last === undefined || Number(next[0]) !== last + 1) break;
    if (next.length > 1 && Number(next[1]) !== last + 2) break;
    columns.push(...next.map(Number).slice(0, columnsMax));
    at++;
  }
  const rows: { id: number; words: string[] }[] = [];
  let end = at;
  let broken: number | null = null;
  for (; at < lines.length; at++) {
    const found = words(lines[at] ?? "");
    if (found.length === 0) continue;
    const [id = "", ...cells] = found;
    const open = rows.at(-1);
    const left = open === undefined ? 0 : columns.length - open.words.length;
    if (open !== undefined && left > 0 && found.length === left && found.every(isCell)) {
      open.words.push(...found);
    } else if (isIndex.test(id) && cells.length > 0 && isRow(cells, columns.length)) {
      if (rows.length >= columnsMax) break;
      rows.push({ id: Number(id), words: cells });
    } else if (isIndex.test(id) && cells.length === 0 && isLastLine(lines, at)) {
      // The number of a row whose cells are cut off.
      end = at + 1;
      continue;
    } else {
      if (isIndex.test(id) && cells.length === columns.length) broken = Number(id);
      break;
    }
    end = at + 1;
  }
  return { ...finished(columns, rows, end, isLastLine(lines, end - 1)), broken };
}

const words = (line: string): string[] => (/\S/.test(line) ? line.trim().split(/\s+/) : []);
const isCell = (word: string): boolean => isNumber.test(word) || noNumber.test(word);
const isRow = (cells: readonly string[], columns: number): boolean =>
  cells.length <= columns && cells.every(isCell);

function isLastLine(lines: readonly string[], at: number): boolean {
  for (let i = at + 1; i < lines.length; i++) if (/\S/.test(lines[i] ?? "")) return false;
  return true;
}

function finished(
  columns: readonly number[],
  rows: readonly { readonly id: number; readonly words: string[] }[],
  end: number,
  isLast: boolean,
): Omit<Matrix, "broken"> {
  const cut: string[] = [];
  const last = rows.at(-1);
  if (isLast && last !== undefined && isCutOff(rows)) last.words.pop();
  if (isLast) {
    if (last === undefined) cut.push("all rows");
    else if (last.words.length < columns.length) {
      cut.push(`the row of ${last.id} from column ${columns[last.words.length]} on`);
    }
    const later = columns.filter((id) => last !== undefined && id > last.id);
    if (later.length > 0) cut.push(`the rows of ${later.join(", ")}`);
  }
  const numbered = rows.map(({ id, words: cells }) => ({
    id,
    cells: columns.map((_, i) => {
      const word = cells[i];
      return word !== undefined && isNumber.test(word) ? Number(word) : null;
    }),
  }));
  return { columns, rows: numbered, end, cut };
}

/** Sentences of what is missing from a table, which is named. */
export function missingFrom({ cut, broken }: Matrix, what: string): readonly string[] {
  return [
    ...cut.map((missing) => `the text ends within ${what}: it lacks ${missing}`),
    ...(broken === null
      ? []
      : [`the row of ${broken} of ${what} has a cell that is no number: it is not used`]),
  ];
}

/** Whether the last number has fewer decimals than all the others, which have as many each. */
function isCutOff(rows: readonly { readonly words: readonly string[] }[]): boolean {
  const numbers = rows.flatMap((row) => row.words).filter((word) => isNumber.test(word));
  const last = rows.at(-1)?.words.at(-1);
  if (last === undefined || !isNumber.test(last)) return false;
  return isCutNumber(last, numbers.slice(0, -1));
}

/** Whether a number was cut off, by the decimals of others that the tool prints alike. */
export function isCutNumber(last: string, others: readonly string[]): boolean {
  const decimals = (word: string): number => /\.\d*$/.exec(word)?.[0].length || 0;
  const [first] = others;
  if (first === undefined) return false;
  const usual = decimals(first);
  return others.every((word) => decimals(word) === usual) && decimals(last) < usual;
}

/** Visits the cells that have a number. */
export function visitCells(
  { columns, rows }: Matrix,
  visit: (row: number, column: number, value: number) => void,
): void {
  for (const { id, cells } of rows) {
    for (const [i, value] of cells.entries()) {
      const column = columns[i];
      if (value !== null && column !== undefined) visit(id, column, value);
    }
  }
}
