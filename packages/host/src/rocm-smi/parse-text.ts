import { readLines } from "../text/read-lines.ts";
import { amdTable } from "./amd-table.ts";
import {
  emptyReading,
  type GpuFacts,
  gpuOf,
  labelOf,
  type PairFact,
  type Reading,
  recordFact,
  recordPairFact,
} from "./reading.ts";

/** A row for 256 GPUs is shorter; longer lines are not part of a table. */
const LINE_MAX = 8192;

/** What a text has, and what it lacks. */
export interface TextReading {
  readonly reading: Reading;
  readonly missing: readonly string[];
}

/**
 * Reads the tables that the tools print. `rocm-smi` prints sections between rules of equal signs,
 * each with a matrix below `GPU0 GPU1 …`, and a line for each fact of a GPU. `amd-smi` prints the
 * same matrices below headings such as `LINK TYPE TABLE:`, with bus addresses instead of numbers; a
 * table of its GPUs (`amdTable`); and with `list` and `static` a block for each GPU, with facts in
 * sections. With `--csv` both print a line of names and a line for each GPU. Any text around them
 * is skipped; the names of sections of which nothing is read are kept in `unused`.
 *
 * Time and memory are proportional to the text.
 */
export function parseText(text: string, where: string): TextReading {
  const reading = emptyReading(where);
  const table = amdTable(reading);
  let fact: PairFact | "other" | null = null;
  let columns: readonly string[] = [];
  let block: Block | null = null;
  let names: readonly string[] | null = null;
  let heading: string | null = null;
  for (const line of readLines(text, where)) {
    const section = sectionOf(line);
    if (section !== null) {
      fact = section;
      columns = [];
      heading = headingOf(line);
      [block, names] = [null, null];
      continue;
    }
    if (line.length > LINE_MAX) continue;
    if (table.take(line)) continue;
    block = blockStart(reading, line) ?? block;
    if (block !== null && readBlockLine(reading, block, line)) continue;
    block = null;
    names = csvNames(line) ?? names;
    if (names !== null && readCsvLine(reading, names, line)) continue;
    if (readGpuLine(reading, line, heading)) continue;
    if (readConciseLine(reading, line)) continue;
    if (fact === null) continue;
    const words = line.trim().split(/\s+/);
    const labels = words.map(labelOf);
    const header = labels.filter((label) => label !== null);
    if (header.length === words.length) {
      columns = header;
      for (const label of header) gpuOf(reading, label);
      continue;
    }
    const [row = null] = labels;
    if (row === null || columns.length === 0) continue;
    gpuOf(reading, row);
    if (fact === "other") {
      if (heading !== null) reading.unused.add(heading);
      continue;
    }
    for (const [i, column] of columns.entries())
      recordPairFact(reading, row, column, fact, words[i + 1] ?? "");
  }
  return { reading, missing: table.missing() };
}

/** The section that a heading or a rule begins; null for any other line. */
function sectionOf(line: string): PairFact | "other" | null {
  const isRule = line.startsWith("===") || line.startsWith("---");
  const text = line.slice(0, 200).toLowerCase();
  const isTable = /^\s{0,8}[a-z][a-z /-]{0,40} table:$/.test(text);
  if (!isRule && !isTable && !text.includes("between two gpus")) return null;
  if (text.includes("weight")) return "weight";
  if (text.includes("hops")) return "hops";
  return text.includes("link type") ? "link type" : "other";
}

/** The words of a heading: `NUMA BW TABLE`, `Concise Info`; null for a rule alone. */
function headingOf(line: string): string | null {
  const words = line
    .slice(0, 200)
    .replaceAll(/[=-]{3,200}|:$/g, "")
    .trim();
  return words === "" ? null : words;
}

/** `GPU[0] : (Topology) Numa Node: 0`, which some versions write `GPU 0`, and `PCI Bus:`. */
const gpuLine =
  /^\s{0,16}(GPU\s?\[?\d{1,4}\]?)\s{0,16}:\s{0,16}([^:\n]{1,80}?)\s?:\s{0,16}(\S[^\n]{0,250})$/i;

function readGpuLine(reading: Reading, line: string, heading: string | null): boolean {
  const [, word = "", name = "", value = ""] = gpuLine.exec(line) ?? [];
  const label = labelOf(word);
  if (label === null) return false;
  const known = recordFact(gpuOf(reading, label), name, value);
  if (!known) reading.unused.add(heading ?? name);
  return true;
}

/**
 * A line of the short table of `rocm-smi`: `0  2  0x74a1, 28851  43.0°C …` since ROCm 6, whose
 * second number is not the NUMA node.
 */
function readConciseLine(reading: Reading, line: string): boolean {
  const [, index, id = ""] =
    /^\s{0,8}(\d{1,4})\s{1,12}\d{1,4}\s{1,12}(0x[0-9a-f]{4}),\s{1,12}\d{1,8}\s/i.exec(line) ?? [];
  if (index === undefined) return false;
  recordFact(gpuOf(reading, `GPU${Number(index)}`), "device id", id);
  reading.unused.add("what the GPUs are doing");
  return true;
}

/** A block of `amd-smi list` or `static`. */
interface Block {
  readonly gpu: GpuFacts;
  section: string;
}

/** `GPU: 0`; a block of a CPU or a NIC ends it. */
function blockStart(reading: Reading, line: string): Block | null {
  const index = /^\s{0,16}GPU: (\d{1,4})$/.exec(line)?.[1];
  if (index === undefined) return null;
  return { gpu: gpuOf(reading, `GPU${Number(index)}`), section: "" };
}

/** The facts whose name alone does not tell them. */
const factsInSections: ReadonlyMap<string, string> = new Map([
  ["VRAM/SIZE", "vram size"],
  ["VRAM/VRAM_SIZE", "vram size"],
  ["MEM_USAGE/TOTAL_VRAM", "vram size"],
  ["NUMA/NODE", "numa node"],
  ["NUMA/AFFINITY", "numa affinity"],
]);

const readSections: ReadonlySet<string> = new Set(["ASIC", "BUS", "VRAM", "NUMA", "MEM_USAGE", ""]);

function readBlockLine(reading: Reading, block: Block, line: string): boolean {
  if (line.trim() === "" || /^\s{0,16}GPU: \d{1,4}$/.test(line)) return true;
  const [, key, value = ""] =
    /^\s{0,32}([A-Z][\w /-]{0,60}?)\s{0,8}:(?:\s{1,16}(\S.{0,250}))?$/i.exec(line) ?? [];
  if (key === undefined) return false;
  if (/^(?:CPU|NIC|SWITCH)$/.test(key) && /^\d{1,4}$/.test(value)) return false;
  if (value === "") {
    block.section = key;
    if (!readSections.has(key)) reading.unused.add(key);
    return true;
  }
  const inSection = factsInSections.get(`${block.section}/${key}`);
  if (readSections.has(block.section)) recordFact(block.gpu, inSection ?? key, value);
  return true;
}

/** The names in the first line of CSV: `device,Card Series,…` and `gpu,bdf,…`. */
function csvNames(line: string): readonly string[] | null {
  return /^(?:device|gpu),[A-Za-z(]/.test(line) ? line.split(",").map((name) => name.trim()) : null;
}

function readCsvLine(reading: Reading, names: readonly string[], line: string): boolean {
  const cells = line.split(",", names.length + 1);
  const label = labelOf(/^\d{1,4}$/.test(cells[0] ?? "") ? `GPU${cells[0]}` : (cells[0] ?? ""));
  if (label === null || cells.length !== names.length) return false;
  const gpu = gpuOf(reading, label);
  for (const [i, name] of names.entries()) {
    if (i > 0 && !recordFact(gpu, name, cells[i] ?? "")) reading.unused.add(name);
  }
  return true;
}
