import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import type { LoadedPoint } from "@evenkeel/core/calibration/calibration.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";

/** A loaded-latency table of one machine, its points in the order of the file, each once. */
export interface LoadedTable {
  readonly machine: string;
  readonly points: readonly LoadedPoint[];
}

const BYTES_MAX = 64 << 20;
const columns = ["machine", "injected_bandwidth_MBps", "latency_ns"] as const;
const expected = `a CSV with the columns ${columns.join(", ")}, or the output of Intel MLC`;

/**
 * Reads tables from a CSV with a header, whose columns may come in any order among others and whose
 * rows in any order too, or from what Intel MLC printed.
 *
 * Errors: `file-missing`, `file-too-large`, and `text-unexpected` with the line.
 */
export function readLoadedTables(path: string): readonly LoadedTable[] {
  if (!existsSync(path) || !statSync(path).isFile()) {
    throw new EvenkeelError("file-missing", `there is no file ${path}`, {
      where: "--tables",
      expected,
      remedy: "name an existing file",
    });
  }
  if (statSync(path).size > BYTES_MAX) {
    throw new EvenkeelError("file-too-large", `${path} is larger than ${BYTES_MAX} bytes`, {
      where: path,
      expected,
    });
  }
  const text = readFileSync(path, "utf8").replace(/^\uFEFF/, "");
  return /Loaded Latencies/.test(text) && !text.trimStart().startsWith("machine")
    ? [mlcTable(text, path)]
    : csvTables(text, path);
}

/** Every table of a corpus of measurements: its CSV and its MLC outputs. */
export function corpusTables(folder: string): readonly LoadedTable[] {
  return readdirSync(folder)
    .toSorted()
    .filter((name) => name === "loaded-latency.csv" || /^mlc-.*\.txt$/.test(name))
    .flatMap((name) => readLoadedTables(join(folder, name)));
}

function unexpected(message: string, where: string, wanted = expected): EvenkeelError {
  return new EvenkeelError("text-unexpected", message, { where, expected: wanted });
}

function mlcTable(text: string, path: string): LoadedTable {
  const [, after = ""] = text.split(/Measuring Loaded Latencies[^\n]*\n/, 2);
  const rows = [...after.matchAll(/^[>\s]*\d{5}\s+(\d+(?:\.\d+)?)\s+(\d+(?:\.\d+)?)\s*$/gm)];
  if (rows.length === 0) {
    throw unexpected(
      "no row of loaded latencies follows its heading",
      path,
      "rows such as ` 00000  282.66  215712.8`",
    );
  }
  const points = rows.map(([, latency, bandwidth]) => ({
    bytesPerSecond: Number(bandwidth) * 1e6,
    latencyNs: Number(latency),
  }));
  return { machine: basename(path), points: each(points) };
}

function csvTables(text: string, path: string): readonly LoadedTable[] {
  const lines = text.split(/\r?\n/).map((line, i) => ({ line, where: `${path}:${i + 1}` }));
  const [header, ...rows] = lines.filter(({ line }) => line.trim() !== "" && !line.startsWith("#"));
  if (header === undefined) throw unexpected("the file is empty", path);
  const names = cellsOf(header.line, header.where).map((name) => name.trim());
  const missing = columns.filter((name) => !names.includes(name));
  if (missing.length > 0) {
    throw unexpected(
      `the header lacks ${missing.join(", ")}: it is "${names.join(",")}"`,
      header.where,
    );
  }
  const tables = new Map<string, LoadedPoint[]>();
  for (const { line, where } of rows) {
    const cells = cellsOf(line, where);
    if (cells.length !== names.length) {
      throw unexpected(
        `a row of ${cells.length} cells`,
        where,
        `${names.length} cells, as the header has`,
      );
    }
    const cell = (name: (typeof columns)[number]): string =>
      (cells[names.indexOf(name)] ?? "").trim();
    const point = {
      bytesPerSecond:
        numberOf(cell("injected_bandwidth_MBps"), "injected_bandwidth_MBps", where) * 1e6,
      latencyNs: numberOf(cell("latency_ns"), "latency_ns", where),
    };
    if (cell("machine") === "")
      throw unexpected("a row without a machine", where, "the machine's name");
    const points = tables.get(cell("machine"));
    if (points === undefined) tables.set(cell("machine"), [point]);
    else points.push(point);
  }
  if (tables.size === 0) throw unexpected("no row follows the header", path);
  return [...tables].map(([machine, points]) => ({ machine, points: each(points) }));
}

/** The cells of a CSV line; in quotes a cell may have commas, and quotes that are doubled. */
function cellsOf(line: string, where: string): readonly string[] {
  const cells: string[] = [];
  const cell = /\s*"((?:[^"]|"")*)"\s*(,|$)|([^,"]*)(,|$)/y;
  for (let end = false; !end;) {
    const match = cell.exec(line);
    if (match === null) {
      throw unexpected(
        "a cell with a quote that does not end",
        where,
        "cells in whole quotes, or without any",
      );
    }
    const [, quoted, afterQuoted, plain, afterPlain] = match;
    cells.push(quoted === undefined ? (plain ?? "") : quoted.replaceAll('""', '"'));
    end = (afterQuoted ?? afterPlain) !== ",";
  }
  return cells;
}

function numberOf(text: string, column: string, where: string): number {
  const value = text === "" ? NaN : Number(text);
  if (!Number.isFinite(value) || value <= 0) {
    throw unexpected(`${column} is "${text}"`, where, "a number above 0");
  }
  return value;
}

/** A row that stands twice counts once. */
function each(points: readonly LoadedPoint[]): readonly LoadedPoint[] {
  const unique = new Map(
    points.map((point) => [`${point.bytesPerSecond} ${point.latencyNs}`, point] as const),
  );
  return [...unique.values()];
}
