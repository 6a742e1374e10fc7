import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import type { LoadedPoint } from "@evenkeel/core/calibration/calibration.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { readCalibration } from "@evenkeel/host/calibration/read-calibration.ts";
import { shown } from "@evenkeel/host/text/shown.ts";

/** A loaded-latency table of one machine: its points, each once, in any order. */
export interface LoadedTable {
  readonly machine: string;
  readonly points: readonly LoadedPoint[];
}

const BYTES_MAX = 64 << 20;
/** Of all machines together, so that fits to all points but one end within a minute. */
const ROWS_MAX = 20_000;
/** No machine is beyond: the bounds of a Calibration. */
const mostOf = { injected_bandwidth_MBps: 1e12, latency_ns: 1e9 } as const;
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
    const isThere = existsSync(path);
    const message = isThere ? `${path} is no regular file` : `there is no file ${path}`;
    throw new EvenkeelError("file-missing", message, {
      where: "--tables",
      expected,
      remedy: "name an existing file",
    });
  }
  if (statSync(path).size > BYTES_MAX) {
    throw new EvenkeelError("file-too-large", `${path} is larger than ${BYTES_MAX} bytes`, {
      where: path,
      expected,
      remedy: "keep the loaded latencies alone",
    });
  }
  const text = readFileSync(path, "utf8").replace(/^\uFEFF/, "");
  const isMlc = /^[^,]*(?:Memory Latency Checker|Measuring Loaded Latencies)[^,]*$/m.test(text);
  return isMlc ? [mlcTable(text, path)] : csvTables(text, path);
}

/** Every table of a corpus of measurements: its CSV and its MLC outputs. */
export function corpusTables(folder: string): readonly LoadedTable[] {
  return readdirSync(folder)
    .toSorted()
    .filter((name) => name === "loaded-latency.csv" || /^mlc-.*\.txt$/.test(name))
    .flatMap((name) => readLoadedTables(join(folder, name)));
}

const remedy = "give each machine's points one to a row, or what mlc --loaded_latency prints";

function unexpected(message: string, where: string, wanted = expected): EvenkeelError {
  return new EvenkeelError("text-unexpected", message, { where, expected: wanted, remedy });
}

function mlcTable(text: string, path: string): LoadedTable {
  const [curve] = readCalibration(text, path).loaded;
  if (curve === undefined) {
    throw unexpected(
      "there are no loaded latencies",
      path,
      "rows such as ` 00000  282.66  215712.8` after `Measuring Loaded Latencies`",
    );
  }
  return { machine: basename(path), points: each(curve.points) };
}

function csvTables(text: string, path: string): readonly LoadedTable[] {
  const lines = text.split(/\r\n|\n|\r/).map((line, i) => ({ line, where: `${path}:${i + 1}` }));
  // A remark has no cell that is a number; a machine's name may begin with the same sign.
  const isRow = ({ line }: { line: string }): boolean =>
    line.trim() !== "" && !(line.startsWith("#") && !/,\s*"?[\d.]+"?\s*(?:,|$)/.test(line));
  const [header, ...rows] = lines.filter(isRow);
  if (header === undefined) throw unexpected("the file is empty", path);
  if (rows.length > ROWS_MAX) {
    throw new EvenkeelError("file-too-large", `${path} has ${rows.length} points`, {
      where: path,
      expected: `at most ${ROWS_MAX} points`,
      remedy: "give the tables of some machines at a time",
    });
  }
  const names = cellsOf(header.line, header.where).map((name) => name.trim());
  const missing = columns.filter((name) => !names.includes(name));
  if (missing.length > 0) {
    throw unexpected(
      `the header lacks ${missing.join(", ")}: it is "${shown(names.join(","), 200) ?? ""}"`,
      header.where,
    );
  }
  const twice = columns.find((name) => names.indexOf(name) !== names.lastIndexOf(name));
  if (twice !== undefined) throw unexpected(`the header has ${twice} twice`, header.where);
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
    const machine = shown(cell("machine"), 200);
    const point = {
      bytesPerSecond:
        numberOf(cell("injected_bandwidth_MBps"), "injected_bandwidth_MBps", where) * 1e6,
      latencyNs: numberOf(cell("latency_ns"), "latency_ns", where),
    };
    if (machine === null) throw unexpected("a row without a machine", where, "the machine's name");
    const points = tables.get(machine);
    if (points === undefined) tables.set(machine, [point]);
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

function numberOf(text: string, column: keyof typeof mostOf, where: string): number {
  const value = /^\+?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?$/i.test(text) ? Number(text) : NaN;
  if (!(value > 0) || value > mostOf[column]) {
    const found = `${column} is "${shown(text, 40) ?? ""}"`;
    throw unexpected(found, where, `a number above 0 and at most ${mostOf[column]}`);
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
