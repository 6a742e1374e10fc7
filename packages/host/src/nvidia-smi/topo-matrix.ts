import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { type IndexSet, indices, size } from "@evenkeel/core/set/index-set.ts";
import { parseList } from "@evenkeel/core/set/list-format.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import {
  cellsOf,
  type TopoField,
  type TopoRow,
  type TopoTable,
  topoTables,
} from "./topo-tables.ts";
import type { PciInterconnect } from "@evenkeel/core/topology/topology.ts";
import { missingIn } from "./topo-missing.ts";
import { classOf, isList, isSelf, type TopoClass } from "./topo-words.ts";

/**
 * A matrix of `nvidia-smi topo -m` as it stands in the text, before a topology is built from it.
 */
export interface TopoMatrix {
  /** The GPUs and NICs, in the order of the columns. */
  readonly devices: readonly TopoDevice[];
  /** The class between two devices, by their positions in `devices`; null where it is unknown. */
  readonly classOf: (a: number, b: number) => TopoClass | null;
  /** The same over PCI Express, which `topo -mp` prints for GPUs with NVLink too. */
  readonly pciClassOf: (a: number, b: number) => PciInterconnect | null;
  /** What the text lacks: rows, and the classes of pairs that stand in no row. */
  readonly missing: readonly string[];
}

export interface TopoDevice {
  readonly label: string;
  readonly kind: "gpu" | "nic";
  /** A GPU's number; null for a NIC. */
  readonly index: number | null;
  /** A NIC's name from the column or the legend; null for a GPU. */
  readonly name: string | null;
  /** False for a device that only has a column. */
  readonly hasRow: boolean;
  /** `CPU Affinity`; null where it is missing. */
  readonly cpus: IndexSet | null;
  /** Whether the row has a `NUMA Affinity`, which may be `N/A`. */
  readonly hasNodeColumn: boolean;
  /** `NUMA Affinity`; null where it is missing or `N/A`. */
  readonly nodes: IndexSet | null;
  /** `GPU NUMA ID`, the node of the GPU's own memory. */
  readonly gpuNode: number | null;
}

/** More than any machine has. The limit bounds the work that is quadratic in the devices. */
const devicesMax = 512;
/** Linux' MAX_NUMNODES is at most this. */
const nodesMax = 1024;

/**
 * Reads the one matrix of `nvidia-smi topo -m` in the lines of a text.
 *
 * A device is identified by its column or, where the header is missing or cut short, by the `X` in
 * its row, which stands in its own column. Rows may be missing: their devices are kept, without the
 * facts that only those rows contain.
 *
 * Errors: `text-unexpected` where there is no such matrix, where there are several different ones,
 * or where rows and columns do not fit together; `topology-inconsistent` where the two halves of
 * the matrix contradict each other.
 */
export function readTopoMatrix(lines: readonly string[], where: string): TopoMatrix {
  const { table, overPci, legend } = onlyTable(lines, where);
  const columns = columnsOf(table, where);
  const rows = rowsByLabel(table, where);
  const kept = [...columns.keys()].filter((column) => isGpuOrNic(columns[column] ?? "CPU"));
  const devices = kept.map((column): TopoDevice => {
    const label = columns[column] ?? "";
    const row = rows.get(label) ?? null;
    return { ...identity(label, legend), hasRow: row !== null, ...affinities(row, table.fields) };
  });
  const labels = kept.map((column) => columns[column] ?? "");
  const { classes, untold } = classesIn(rows, labels, kept, columns, where);
  const also =
    overPci === null
      ? null
      : classesIn(rowsByLabel(overPci, where), labels, kept, columns, where).classes;
  const keyOf = (a: number, b: number): number => Math.min(a, b) * devicesMax + Math.max(a, b);
  const pciIn = (found: TopoClass | undefined): PciInterconnect | null =>
    found?.kind === "pci" ? found.class : null;
  return {
    devices,
    classOf: (a, b) => classes.get(keyOf(a, b)) ?? null,
    pciClassOf: (a, b) => pciIn(classes.get(keyOf(a, b))) ?? pciIn(also?.get(keyOf(a, b))),
    missing: missingIn(labels, rows, untold),
  };
}

interface Classes {
  /** By the positions of two devices, the lower one times `devicesMax` plus the other. */
  readonly classes: ReadonlyMap<number, TopoClass>;
  /** How many pairs have no cell in either row. */
  readonly untold: number;
}

function classesIn(
  rows: ReadonlyMap<string, TopoRow>,
  labels: readonly string[],
  kept: readonly number[],
  columns: readonly (string | null)[],
  where: string,
): Classes {
  const cells = labels.map((label, i) => alignedCells(rows.get(label), at(kept, i), columns));
  const cellAt = (a: number, b: number): string | undefined => at(cells, a)[at(kept, b)];
  const classes = new Map<number, TopoClass>();
  let untold = 0;
  for (const [a, label] of labels.entries()) {
    for (const [b, other] of labels.entries()) {
      if (b <= a) continue;
      const both = [cellAt(a, b), cellAt(b, a)];
      const found = agreed(both.flatMap((word) => classOf(word ?? "") ?? []));
      if (found === "contradiction") throw contradiction(where, label, other, both);
      if (found !== null) classes.set(a * devicesMax + b, found);
      if (both.every((word) => word === undefined)) untold++;
    }
  }
  return { classes, untold };
}

/** Old drivers list processors among the devices, and people add drives. */
function isGpuOrNic(label: string): boolean {
  return !/^(?:CPU\d{0,3}|NVMe\d{0,3})$/i.test(label);
}

const expected = "the output of nvidia-smi topo -m";

function unexpected(message: string, where: string, remedy?: string): EvenkeelError {
  const detail = { where, expected, ...(remedy === undefined ? {} : { remedy }) };
  return new EvenkeelError("text-unexpected", message, detail);
}

function onlyTable(
  lines: readonly string[],
  where: string,
): {
  readonly table: TopoTable;
  /** The output of `topo -mp` beside it, if there is one. */
  readonly overPci: TopoTable | null;
  readonly legend: ReadonlyMap<string, string>;
} {
  const { tables, legend } = topoTables(lines);
  const [table, ...others] = tables;
  if (table === undefined) {
    throw unexpected("has no matrix of nvidia-smi topo -m", where);
  }
  // The same matrix twice is one machine. Between two different matrices there is no way to choose.
  const content = ({ columns, rows }: TopoTable): string =>
    JSON.stringify([columns, rows.map((row) => [row.label, row.words])]);
  const different = others.filter((other) => content(other) !== content(table));
  const [second] = different;
  if (second !== undefined && different.every((other) => content(other) === content(second))) {
    if (isOverPci(second, table)) return { table, overPci: second, legend };
    if (isOverPci(table, second)) return { table: second, overPci: table, legend };
  }
  if (different.length > 0) {
    const starts = tables.map(({ rows }) => at(rows, 0).line);
    throw unexpected(
      `has ${tables.length} different matrices, with rows from lines ${starts.slice(0, 8).join(", ")}`,
      where,
      "give each matrix in a file of its own",
    );
  }
  return { table, overPci: null, legend };
}

/** Whether a matrix is another one with the classes over PCI Express in place of NVLink. */
function isOverPci(table: TopoTable, full: TopoTable): boolean {
  const kinds = (words: readonly string[]): (string | undefined)[] =>
    cellsOf(words).map((word) => classOf(word)?.kind);
  return (
    table.rows.length === full.rows.length &&
    table.rows.every(({ words }) => !kinds(words).includes("nvlink")) &&
    table.rows.every(({ label, words }, i) => {
      const other = full.rows[i];
      const theirs = kinds(other?.words ?? []);
      return (
        other?.label === label &&
        words.length === other.words.length &&
        words.every((word, j) => word === other.words[j] || theirs[j] === "nvlink")
      );
    })
  );
}

/** The label of every column; null where neither a header nor a row names it. */
function columnsOf(table: TopoTable, where: string): (string | null)[] {
  const width = table.rows.reduce(
    (widest, { words }) => Math.max(widest, cellsOf(words).length),
    table.columns.length,
  );
  if (width > devicesMax) throw unexpected(`has ${width} columns`, where);
  const columns: (string | null)[] = Array.from(
    { length: width },
    (_, i) => table.columns[i] ?? null,
  );
  for (const { label, words, line } of table.rows) {
    const own = cellsOf(words).findIndex(isSelf);
    if (own < 0) continue;
    const named = columns[own] ?? label;
    if (named !== label) {
      throw unexpected(
        `the row of ${label} has its X in the column of ${named}`,
        `${where}:${line}`,
      );
    }
    columns[own] = label;
  }
  // GPUs come first and are numbered from 0, unless one is hidden; then a later label does not fit
  // its position.
  const lastGpu = columns.findLastIndex((name) => name !== null && /^GPU\d/.test(name));
  const numbered = columns.every((name, i) => i > lastGpu || name === null || name === `GPU${i}`);
  const complete = columns.map((name, i) => (i < lastGpu && numbered ? `GPU${i}` : name));
  if (lastGpu < 0) throw unexpected("lists no GPU", where);
  const names = complete.filter((name) => name !== null);
  if (new Set(names).size < names.length) throw unexpected("lists a device in two columns", where);
  const named = table.columns.length === 0 ? withNics(complete, lastGpu) : complete;
  return [...named, ...beyond(table, new Set(named.filter((name) => name !== null)), where)];
}

/**
 * The columns right of the GPUs are NICs, which the tool numbers from 0, also without a header.
 * Names of their own stand in the header alone.
 */
function withNics(columns: readonly (string | null)[], lastGpu: number): (string | null)[] {
  const known = new Set(columns);
  const own = columns.some((name, i) => i > lastGpu && name !== null && !/^NIC\d/.test(name));
  return columns.map((name, i) => {
    if (name !== null || i < lastGpu) return name;
    const nic = `NIC${i - lastGpu - 1}`;
    // Beside NICs with names of their own, a number is no name.
    return known.has(nic) || own ? `NIC column ${i + 1}` : nic;
  });
}

/**
 * The devices that have a row but no column, because all lines, with their `X`, were cut off at
 * some width. A row with its `X` under another device's name is refused before.
 */
function beyond(table: TopoTable, known: ReadonlySet<string>, where: string): string[] {
  const rows = table.rows.filter(({ label }) => !known.has(label));
  const odd = rows.find(({ words }) => cellsOf(words).some(isSelf));
  if (odd === undefined) return [...new Set(rows.map(({ label }) => label))];
  throw unexpected(`the row of ${odd.label} has no column`, `${where}:${odd.line}`);
}

/** Repeated rows must be equal; otherwise the text describes two machines. */
function rowsByLabel({ rows }: TopoTable, where: string): ReadonlyMap<string, TopoRow> {
  const byLabel = new Map<string, TopoRow>();
  for (const row of rows) {
    const before = byLabel.get(row.label) ?? row;
    if (before.words.join(" ") !== row.words.join(" ")) {
      const lines = `lines ${before.line} and ${row.line}`;
      throw unexpected(`has two different rows of ${row.label}, in ${lines}`, where);
    }
    byLabel.set(row.label, row);
  }
  return byLabel;
}

/** A row's cells by column. A row that lacks only its own cell gets its `X` back. */
function alignedCells(
  row: TopoRow | undefined,
  own: number,
  columns: readonly (string | null)[],
): readonly string[] {
  if (row === undefined) return [];
  const cells = cellsOf(row.words);
  if (cells.some(isSelf) || cells.length !== columns.length - 1) return cells;
  return cells.toSpliced(own, 0, "X");
}

function identity(
  label: string,
  legend: ReadonlyMap<string, string>,
): Pick<TopoDevice, "label" | "kind" | "index" | "name"> {
  const gpu = /^GPU(\d{1,3})$/.exec(label);
  if (gpu !== null) return { label, kind: "gpu", index: Number(gpu[1]), name: null };
  const unnamed = label.startsWith("NIC column ");
  const name = unnamed || /^NIC\d{1,3}$/.test(label) ? (legend.get(label) ?? null) : label;
  return { label, kind: "nic", index: null, name };
}

type Affinities = Pick<TopoDevice, "cpus" | "hasNodeColumn" | "nodes" | "gpuNode">;

function affinities(row: TopoRow | null, captions: readonly TopoField[]): Affinities {
  const values = row === null ? [] : fieldWords(row);
  const fields = fieldsOf(captions, values);
  if (row !== null && lacksCpus(row, fields.length - values.length === 1)) values.unshift("");
  const value = (field: TopoField): string | undefined => values[fields.indexOf(field)];
  const nodes = listIn(value("nodes"));
  const gpuNode = listIn(value("gpuNode"));
  return {
    cpus: listIn(value("cpus")),
    hasNodeColumn: value("nodes") !== undefined,
    nodes: nodes !== null && size(nodes) <= nodesMax ? nodes : null,
    gpuNode: gpuNode !== null && size(gpuNode) === 1 ? (indices(gpuNode)[0] ?? null) : null,
  };
}

const usualFields: readonly TopoField[] = ["cpus", "nodes", "gpuNode"];

/**
 * The fields behind the cells. Without a caption they stand in the usual order; so do nodes behind
 * the CPUs, which a copy of the header may lack.
 */
function fieldsOf(captions: readonly TopoField[], values: readonly string[]): readonly TopoField[] {
  const cut = captions.every((field, i) => field === usualFields[i]);
  const isNode = (value: string): boolean => /^(?:\d{1,4}|N\/A)$/.test(value);
  if (captions.length === 0) return usualFields;
  return cut && values.slice(captions.length).every(isNode)
    ? usualFields.slice(0, Math.max(captions.length, values.length))
    : captions;
}

/** Longer than the list of the largest machine's CPUs, one by one. */
const listMax = 65_536;

/** The words after the cells, up to any commentary. A list that was wrapped is joined again. */
function fieldWords({ words }: TopoRow): string[] {
  const values: string[] = [];
  for (const word of words.slice(cellsOf(words).length)) {
    if (!isList(word) && word !== "N/A") break;
    const before = values.at(-1);
    if (before?.endsWith(",") === true && before.length < listMax)
      values[values.length - 1] = before + word;
    else values.push(word);
  }
  return values;
}

/**
 * Whether the row's `CPU Affinity` is blank, as for a job that may not run on any CPU near the GPU.
 * Tabs show it; without tabs, one value is missing, and the others are never blank.
 */
function lacksCpus({ label, words, text }: TopoRow, oneMissing: boolean): boolean {
  const cells = cellsOf(words);
  const columns = text.split("\t").map((column) => column.trim());
  const after = columns.indexOf(label) + 1 + cells.length;
  const aligned = cells.length > 0 && columns[after - 1] === cells.at(-1);
  if (aligned && columns.length > after + 1) return columns[after] === "";
  return oneMissing && /^(\d+|N\/A)$/.test(words[cells.length] ?? "-");
}

function listIn(word: string | undefined): IndexSet | null {
  const set = word === undefined || !isList(word) ? null : parseList(word);
  return set !== null && size(set) > 0 ? set : null;
}

/**
 * Combines the two halves of the matrix. They may differ where one GPU has lost links that the
 * other still counts: then the result is NVLink with an unknown number of links.
 */
function agreed(both: readonly TopoClass[]): TopoClass | null | "contradiction" {
  const [one, other = one] = both;
  if (one === undefined || other === undefined) return null;
  if (one.kind === "nvlink" && other.kind === "nvlink") {
    if (one.lanes === null || one.lanes === other.lanes) return other;
    return other.lanes === null ? one : { kind: "nvlink", lanes: null };
  }
  const same = one.kind === "pci" && other.kind === "pci" && one.class === other.class;
  return same ? one : "contradiction";
}

function contradiction(
  where: string,
  a: string,
  b: string,
  [there = "nothing", back = "nothing"]: readonly (string | undefined)[],
): EvenkeelError {
  const message = `${a} and ${b}: the row of ${a} has ${there}, the row of ${b} has ${back}`;
  return new EvenkeelError("topology-inconsistent", message, {
    where,
    expected: "a matrix whose two halves agree",
    remedy: "copy the output again, whole and unedited",
  });
}
