import {
  classOf,
  gpusIn,
  isCell,
  isDeviceName,
  isList,
  isPeerStatus,
  isSelf,
  isUnknown,
  unjoined,
} from "./topo-words.ts";
import { words } from "./terminal-text.ts";

/** One matrix as found in a text. */
export interface TopoTable {
  /** The labels of the device columns, and the fields after them; empty without a header. */
  readonly columns: readonly string[];
  readonly fields: readonly TopoField[];
  readonly rows: readonly TopoRow[];
}

export type TopoField = "cpus" | "nodes" | "gpuNode";

export interface TopoRow {
  readonly label: string;
  /** The words right of the label: cells, then the fields, then anything that people added. */
  readonly words: readonly string[];
  /** The row's first line as in the text, and its number from 1. */
  readonly text: string;
  readonly line: number;
}

export interface TopoTables {
  readonly tables: readonly TopoTable[];
  /** `NIC0` to `mlx5_0`. */
  readonly legend: ReadonlyMap<string, string>;
}

interface TableInProgress {
  header: string[];
  rows: { label: string; words: string[]; text: string; line: number }[];
}

/**
 * Finds the matrices in a text, which may hold anything else: prompts, other commands, quoting.
 *
 * A header is a line of device names that begins with a GPU; a row is a device name followed by
 * cells. Anything left of them (a prompt, a time, a rank) is skipped. A line that only continues
 * the previous one belongs to it, because copying wraps long lines; a blank line or any other text
 * ends that. One pass over the words.
 */
export function topoTables(lines: readonly string[]): TopoTables {
  const tables: TableInProgress[] = [];
  const legend = new Map<string, string>();
  let open: "header" | "row" | null = null;
  for (const line of lines) readLegend(line, legend);
  for (const { found, line, i } of lines.flatMap(rowsOfLine)) {
    const table = tables.at(-1);
    const start = headerStart(found);
    const row = start === null ? rowStart(found, table?.header ?? []) : null;
    const last = table?.rows.at(-1);
    if (row !== null && isRemark(found.slice(row), table?.rows ?? [])) {
      open = null;
    } else if (row !== null && found.slice(row).some(isPeerStatus)) {
      open = null;
    } else if (start !== null) {
      const names = found.slice(start, start + wordsMax);
      const isContinued = open === "header" && continues(table?.header ?? [], names);
      if (isContinued) append(table?.header, names);
      else tables.push({ header: names, rows: [] });
      open = "header";
    } else if (row !== null) {
      const into = table ?? { header: [], rows: [] };
      if (table === undefined) tables.push(into);
      const [label = "", ...after] = found.slice(row);
      into.rows.push({ label, words: after, text: line, line: i + 1 });
      open = "row";
    } else if (open === "header" && found.length > 0 && found.every(isHeaderWord)) {
      append(table?.header, found);
    } else if (open === "row" && found.length > 0 && found.every(isRowWord)) {
      append(last?.words, found);
    } else {
      open = null;
    }
  }
  return {
    tables: tables.filter(({ rows }) => rows.length > 0).map(finished),
    legend,
  };
}

/** A line's words. In a text that lost its line ends, the words of each row separately. */
function rowsOfLine(line: string, i: number): { found: string[]; line: string; i: number }[] {
  const found = words(line).flatMap(unjoined);
  const starts = [...found.keys()].filter((at) => {
    const [label = "", next = ""] = found.slice(at, at + 2);
    return isDeviceName(label) && (isCell(next) || isUnknown(next));
  });
  const parts = starts.map((start, k) => found.slice(start, starts[k + 1]));
  const rows = parts.filter((part) => cellsOf(part.slice(1)).some(isSelf));
  if (rows.length < 2 || rows.length < parts.length || rows.length > wordsMax)
    return [{ found, line, i }];
  const header = found.slice(0, starts[0]);
  return [header, ...rows]
    .filter((part) => part.length > 0)
    .map((part) => ({ found: part, line: part.join(" "), i }));
}

/** Twice the most columns of a matrix: a longer header is refused, and need not be kept. */
const wordsMax = 1024;

/**
 * Whether the names continue a wrapped header; a header that repeats its first name is a new one.
 */
function continues(header: readonly string[], names: readonly string[]): boolean {
  return header.length < wordsMax && !header.includes(names[0] ?? "");
}

/** Appends one by one: a text may have more words than a call may have arguments. */
function append(to: string[] | undefined, more: readonly string[]): void {
  for (const word of more) to?.push(word);
}

function readLegend(line: string, legend: Map<string, string>): void {
  const entries = /\b(NIC\d{1,3})\s{0,4}[:=]\s{0,4}([A-Za-z][\w.-]{0,63})/g;
  for (const [, nic = "", name = ""] of line.matchAll(entries)) {
    if (!legend.has(nic)) legend.set(nic, name);
  }
}

const captions = new Set(["CPU", "NUMA", "GPU", "Affinity", "ID", "Memory", "Mem"]);

function isHeaderWord(word: string): boolean {
  return captions.has(word) || gpusIn(word).length > 0 || isDeviceName(word);
}

function isRowWord(word: string): boolean {
  return isCell(word) || isUnknown(word) || isList(word);
}

/** The position of the header in a line that has one. */
function headerStart(found: readonly string[]): number | null {
  const start = found.findIndex((word) => gpusIn(word).length > 0);
  if (start < 0 || !found.slice(start).every(isHeaderWord)) return null;
  return start;
}

/**
 * Whether it is a remark rather than a row, `GPU1 SYS is what I wonder about`: the device already
 * has a row.
 */
function isRemark([label, ...rest]: readonly string[], rows: TableInProgress["rows"]): boolean {
  return rows.some((row) => row.label === label) && !cellsOf(rest).some(isSelf);
}

/** Log collectors and terminals put at most a few words before a line. */
const prefixMax = 32;

/** The position of the label in a line that is a row. */
function rowStart(found: readonly string[], header: readonly string[]): number | null {
  for (const [i, label] of found.slice(0, prefixMax).entries()) {
    const next = found[i + 1];
    if (next === undefined || !(isCell(next) || isUnknown(next))) continue;
    const cells = cellsOf(found.slice(i + 1, i + 1 + wordsMax));
    if (!cells.some(isCell)) continue;
    const known = /^(GPU|NIC|CPU)\d{1,3}$/.test(label) || header.includes(label);
    if (known || (isDeviceName(label) && cells.some(isSelf))) return i;
  }
  return null;
}

/**
 * The leading words that can be cells. An unknown value counts only if a cell follows, because
 * `N/A` after the last cell is an affinity.
 */
export function cellsOf(found: readonly string[]): string[] {
  let end = 0;
  for (const [i, word] of found.entries()) {
    if (isSelf(word) || classOf(word) !== null) end = i + 1;
    else if (!isUnknown(word)) break;
  }
  return found.slice(0, end);
}

function finished({ header, rows }: TableInProgress): TopoTable {
  const columns: string[] = [];
  const fields: TopoField[] = [];
  let captioned = false;
  let before = "";
  for (const word of header) {
    if (captions.has(word)) {
      captioned = true;
      if (word === "CPU") fields.push("cpus");
      if (word === "NUMA") fields.push(before === "GPU" ? "gpuNode" : "nodes");
    } else if (!captioned) {
      const gpus = gpusIn(word);
      append(columns, gpus.length > 0 ? gpus : [word]);
    }
    before = word;
  }
  return { columns, fields, rows };
}
