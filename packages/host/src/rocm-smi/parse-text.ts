import { readLines } from "../text/read-lines.ts";
import {
  emptyReading,
  gpuOf,
  labelOf,
  type PairFact,
  type Reading,
  recordPairFact,
} from "./reading.ts";

/** A row for 256 GPUs is shorter; longer lines are not part of a table. */
const LINE_MAX = 8192;

/**
 * Reads the tables that the tools print. `rocm-smi` prints sections between rules of equal signs,
 * each with a matrix below `GPU0 GPU1 …`, and a line for each fact of a GPU. `amd-smi` prints the
 * same matrices below headings such as `LINK TYPE TABLE:`, with bus addresses instead of numbers.
 * Other sections (accessibility, bandwidth, legends) and any text around them are skipped.
 *
 * Time and memory are proportional to the text.
 */
export function parseText(text: string, where: string): Reading {
  const reading = emptyReading(where);
  let fact: PairFact | "other" | null = null;
  let columns: readonly string[] = [];
  for (const line of readLines(text, where)) {
    const section = sectionOf(line);
    if (section !== null) {
      fact = section;
      columns = [];
      continue;
    }
    if (line.length > LINE_MAX) continue;
    if (readGpuLine(reading, line) || fact === null || fact === "other") continue;
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
    for (const [i, column] of columns.entries())
      recordPairFact(reading, row, column, fact, words[i + 1] ?? "");
  }
  return reading;
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

/** `GPU[0] : (Topology) Numa Node: 0`, which some versions write `GPU 0`, and `PCI Bus:`. */
const gpuLine =
  /^\s{0,16}(GPU\s?\[?\d{1,4}\]?)\s{0,16}:\s{0,16}(?:\(Topology\)\s)?(Numa Node|Numa Affinity|PCI Bus)\s?:\s{0,16}(\S{1,40})$/i;

function readGpuLine(reading: Reading, line: string): boolean {
  const [, word = "", name = "", value = ""] = gpuLine.exec(line) ?? [];
  const label = labelOf(word);
  if (label === null) return false;
  const gpu = gpuOf(reading, label);
  const fact = name.toLowerCase();
  if (fact === "pci bus") gpu.bus = value;
  else if (fact === "numa node") gpu.numaNode = value;
  else gpu.numaAffinity = value;
  return true;
}
