import type {
  LoadedCurve,
  MemoryFigures,
  TotalFigures,
  TotalTraffic,
} from "@evenkeel/core/calibration/calibration.ts";
import { isCutNumber, type Matrix, missingFrom, readMatrix, visitCells } from "./matrix.ts";
import {
  GB,
  gathered,
  type GivenText,
  latencyOf,
  MB,
  memoryFigures,
  type Part,
  rateOf,
} from "./part.ts";

/**
 * Reads the output of Intel's Memory Latency Checker, of all of it or of one of its measurements:
 * idle latencies and bandwidths by pairs of nodes, the latency of one pair, bandwidths of the whole
 * system, and the loaded-latency curve. Rows are the nodes of the CPUs, columns those of the
 * memory. Each number was printed once, so no spread is known. A megabyte is a million bytes.
 *
 * Bandwidths of mixed traffic between nodes, and latencies between caches, have no place in a
 * Calibration; a warning says so.
 * https://www.intel.com/content/www/us/en/download/736633
 */
export function readMlc(text: GivenText): Part | null {
  const found: Found = {
    memory: gathered(),
    total: gathered(),
    loaded: [],
    warnings: new Set(),
    version: null,
    isRandom: false,
    isRead: false,
  };
  let [section, memoryNode]: [Section, number | null] = [noSection, text.memoryNode];
  for (let at = 0; at < text.lines.length; at++) {
    const line = text.lines[at] ?? "";
    found.version ??= /Memory Latency Checker - (v[\w.]{1,16})/.exec(line)?.[1] ?? null;
    if (/^\s*Command line parameters:/.test(line)) {
      const own = /\s-j\s?(\d{1,4})\b/.exec(line)?.[1];
      memoryNode = own === undefined ? text.memoryNode : Number(own);
    }
    if (/Measuring idle latencies for random access/.test(line)) found.isRandom = true;
    if (/Measuring cache-to-cache/.test(line)) {
      found.warnings.add("latencies between caches are not used");
    }
    if (/Measuring idle latencies\b.*\(in (?!ns\))/.test(line)) {
      found.warnings.add("idle latencies that are not in ns are not used");
      found.isRead = true;
    }
    addIdle(line, found, text.cpuNode, memoryNode);
    section = sectionAfter(line, section);
    const end =
      section.what === null ? null : readers[section.what](text.lines, at, section, found);
    if (end === null) continue;
    found.isRead = true;
    at = end - 1;
    // What lists several lines of their own, such as totals, goes on.
    if (section.what !== "totals") section = noSection;
  }
  return found.isRead ? partOf(found) : null;
}

/** What was found so far. */
interface Found {
  readonly memory: Memory;
  readonly total: ReturnType<typeof gathered<TotalFigures>>;
  readonly loaded: LoadedCurve[];
  readonly warnings: Set<string>;
  version: string | null;
  isRandom: boolean;
  isRead: boolean;
}

type What = "latencies" | "bandwidths" | "totals" | "loaded";

/** The measurement that lines belong to, its unit, and whether it is of reads alone. */
interface Section {
  readonly what: What | null;
  readonly unit: number;
  readonly isReads: boolean;
}

const noSection: Section = { what: null, unit: MB, isReads: true };

const titles: readonly (readonly [RegExp, What | null])[] = [
  [/Measuring idle latencies\b(?!.*\(in (?!ns\)))/, "latencies"],
  [/Measuring Memory Bandwidths between nodes/, "bandwidths"],
  [/Measuring (?:Peak|Peak Injection|Maximum) Memory Bandwidths/, "totals"],
  [/Measuring Loaded Latencies/, "loaded"],
  [/Measuring /, null],
];

/** The section from a line on: a title begins another one, its other lines say more of it. */
function sectionAfter(line: string, section: Section): Section {
  const title = titles.find(([pattern]) => pattern.test(line));
  if (title !== undefined) return { ...noSection, what: title[1] };
  const traffic = /^\s*Using (.{1,60}) traffic type/.exec(line)?.[1];
  if (traffic !== undefined) return { ...section, isReads: /^read-only$/i.test(traffic) };
  const unit = /(?:are in |^\s*Delay\s.*\s)([MG])B\/sec/.exec(line)?.[1];
  return unit === undefined ? section : { ...section, unit: unit === "G" ? GB : MB };
}

/** Reads what begins at a line of a section: the line after it, or null where nothing does. */
type ReadSection = (
  lines: readonly string[],
  at: number,
  section: Section,
  found: Found,
) => number | null;

const readers: Readonly<Record<What, ReadSection>> = {
  latencies(lines, at, _section, { memory, warnings }) {
    const matrix = matrixAt(lines, at, "idle latencies", warnings);
    if (matrix !== null) addLatencies(matrix, memory);
    return matrix?.end ?? null;
  },
  bandwidths(lines, at, { isReads, unit }, { memory, warnings }) {
    const matrix = matrixAt(lines, at, "bandwidths between nodes", warnings);
    if (matrix !== null && isReads) addBandwidths(matrix, unit, memory);
    else if (matrix !== null) {
      warnings.add("bandwidths between nodes of mixed traffic are not used");
    }
    return matrix?.end ?? null;
  },
  totals(lines, at, { unit }, { total, warnings }) {
    const named = totalIn(lines[at] ?? "", unit);
    if (named === null) return null;
    if (total.at(named.traffic, () => named) !== named) {
      warnings.add("of several runs of the bandwidths of the system the first is used");
    }
    return at + 1;
  },
  loaded(lines, at, { isReads, unit }, { loaded, warnings }) {
    if (!pointLine.test(lines[at] ?? "")) return null;
    if (!isReads) warnings.add("the loaded latencies under writes are not used");
    else if (loaded.length > 0) warnings.add("of several loaded-latency curves the first is used");
    else {
      const curve = readCurve(lines, at, unit);
      for (const sentence of curve.cut) warnings.add(sentence);
      loaded.push({ initiator: null, target: null, points: curve.points });
      return curve.end;
    }
    return at + 1;
  },
};

function matrixAt(
  lines: readonly string[],
  at: number,
  what: string,
  warnings: Set<string>,
): Matrix | null {
  const header = /^\s*(?:Numa node|Socket)\s+((?:\d{1,4}\s+)*\d{1,4})$/i;
  const matrix = readMatrix(lines, at, header);
  if (matrix !== null) {
    for (const sentence of missingFrom(matrix, `the ${what}`)) warnings.add(sentence);
  }
  return matrix;
}

/** `Each iteration took 186.1 core clocks ( 80.9 ns)`, of the pair that the command line names. */
function addIdle(line: string, found: Found, cpus: number | null, pages: number | null): void {
  const took = /Each iteration took [\d.]{1,12}[^(]{1,60}\(\s*(\d{1,9}(?:\.\d{1,6})?)\s*ns\s*\)/;
  const idle = took.exec(line)?.[1];
  if (idle === undefined) return;
  found.isRead = true;
  found.memory.fill(`${cpus} ${pages}`, () => memoryFigures(cpus, pages), {
    readLatencyNs: latencyOf(Number(idle)),
  });
}

function partOf({ memory, total, loaded, warnings, version, isRandom }: Found): Part {
  const measured = [
    memory.all().some(({ readLatencyNs }) => readLatencyNs !== null) &&
      `idle latencies${isRandom ? " of random access" : ""}`,
    memory.all().some(({ allCores }) => allCores !== null) &&
      "bandwidths of reads by all threads of a node",
    total.all().length > 0 && "bandwidths of the system",
    loaded.length > 0 && "latencies while all cores read",
  ].filter((name) => name !== false);
  return {
    name: "mlc",
    version,
    method: `Intel MLC: ${measured.join(", ")}`,
    memory: memory.all(),
    total: total.all(),
    loaded,
    warnings: [...warnings],
  };
}

const totals: readonly (readonly [RegExp, TotalTraffic])[] = [
  [/^ALL Reads\s*:\s*([\d.]{1,20})$/i, "reads"],
  [/^3:1 Reads-Writes\s*:\s*([\d.]{1,20})$/i, "reads-3-writes-1"],
  [/^2:1 Reads-Writes\s*:\s*([\d.]{1,20})$/i, "reads-2-writes-1"],
  [/^1:1 Reads-Writes\s*:\s*([\d.]{1,20})$/i, "reads-1-writes-1"],
  [/^Stream-triad like\s*:\s*([\d.]{1,20})$/i, "stream-triad"],
];

function totalIn(line: string, unit: number): TotalFigures | null {
  for (const [pattern, traffic] of totals) {
    const value = pattern.exec(line.trim())?.[1];
    const rate = value === undefined ? null : rateOf(Number(value), unit);
    if (rate !== null) return { traffic, threads: null, bytesPerSecond: rate };
  }
  return null;
}

interface Curve {
  readonly points: LoadedCurve["points"];
  readonly end: number;
  readonly cut: readonly string[];
}

const pointsMax = 1024;
const pointLine = /^\s*(\d{5,7})\s+(\d{1,9}(?:\.\d{1,6})?)\s+(\d{1,12}(?:\.\d{0,6})?)$/;

/** The rows of delay, latency and bandwidth from a line on. */
function readCurve(lines: readonly string[], start: number, unit: number): Curve {
  const rows: { delay: number; latency: number; bandwidth: string }[] = [];
  let at = start;
  for (; at < lines.length && rows.length < pointsMax; at++) {
    const [, delay, latency, bandwidth] = pointLine.exec(lines[at] ?? "") ?? [];
    if (delay === undefined || bandwidth === undefined) break;
    rows.push({ delay: Number(delay), latency: Number(latency), bandwidth });
  }
  const isEnd = lines
    .slice(at)
    .every((line) => !/\S/.test(line) || /^\s*\d{1,5}(?:\s|$)/.test(line));
  const last = rows.at(-1);
  const others = rows.slice(0, -1).map(({ bandwidth }) => bandwidth);
  const isCut = isEnd && last !== undefined && isCutNumber(last.bandwidth, others);
  if (isCut) rows.pop();
  const rest = lines.slice(at).some((line) => /\S/.test(line));
  const points = rows
    .toSorted((a, b) => b.delay - a.delay)
    .flatMap(({ latency, bandwidth }) => {
      const rate = rateOf(Number(bandwidth), unit);
      const ns = latencyOf(latency);
      return rate === null || ns === null
        ? []
        : [{ bytesPerSecond: rate.median, latencyNs: ns.median }];
    });
  const sentence = "the text ends within the loaded latencies";
  return { points, end: at, cut: isCut || (isEnd && rest) ? [sentence] : [] };
}

type Memory = ReturnType<typeof gathered<MemoryFigures>>;

function addLatencies(matrix: Matrix, memory: Memory): void {
  visitCells(matrix, (cpus, pages, value) => {
    memory.fill(`${cpus} ${pages}`, () => memoryFigures(cpus, pages), {
      readLatencyNs: latencyOf(value),
    });
  });
}

function addBandwidths(matrix: Matrix, unit: number, memory: Memory): void {
  visitCells(matrix, (cpus, pages, value) => {
    const read = rateOf(value, unit);
    if (read === null) return;
    memory.fill(`${cpus} ${pages}`, () => memoryFigures(cpus, pages), {
      allCores: { readBytesPerSecond: read, writeBytesPerSecond: null, copyBytesPerSecond: null },
    });
  });
}
