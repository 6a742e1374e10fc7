import type {
  LoadedCurve,
  MemoryFigures,
  TotalFigures,
  TotalTraffic,
} from "@evenkeel/core/calibration/calibration.ts";
import { isCutNumber, type Matrix, readMatrix, visitCells } from "./matrix.ts";
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
 * system, and the loaded-latency curve. Rows are the nodes of the CPUs, columns those of the memory.
 * Each number was printed once, so no spread is known. A megabyte is a million bytes.
 *
 * Bandwidths of mixed traffic between nodes, and latencies between caches, have no place in a
 * Calibration; a warning says so.
 * https://www.intel.com/content/www/us/en/developer/articles/tool/intelr-memory-latency-checker.html
 */
export function readMlc(text: GivenText): Part | null {
  const { lines } = text;
  const memory = gathered<MemoryFigures>();
  const total = gathered<TotalFigures>();
  const loaded: LoadedCurve[] = [];
  const warnings: string[] = [];
  const says = { version: null as string | null, random: false, read: false };
  /** The section that a line belongs to, and its traffic and unit. */
  let section: "latencies" | "bandwidths" | "totals" | "loaded" | null = null;
  let isReads = true;
  let unit = MB;
  let memoryNode = text.memoryNode;
  const warn = (sentence: string): void => {
    if (!warnings.includes(sentence)) warnings.push(sentence);
  };
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? "";
    const title = sectionOf(line);
    if (title !== null) {
      [section, isReads, unit] = [title, true, MB];
      if (/random access/.test(line)) says.random = true;
      continue;
    }
    says.version ??= /Intel\(R\) Memory Latency Checker - (v[\w.]{1,16})/.exec(line)?.[1] ?? null;
    const ownNode = /^Command line parameters:.*\s-j\s?(\d{1,4})\b/.exec(line)?.[1];
    if (ownNode !== undefined) memoryNode = Number(ownNode);
    if (/^Command line parameters:(?!.*\s-j)/.test(line)) memoryNode = text.memoryNode;
    if (/Measuring cache-to-cache/.test(line)) {
      section = null;
      warn("latencies between caches are not used");
    }
    const traffic = /^Using (.{1,60}) traffic type/.exec(line.trim())?.[1];
    if (traffic !== undefined) isReads = /^read-only$/i.test(traffic);
    const unitName = /(?:are in |^\s*Delay\s.*\s)([MG])B\/sec/.exec(line)?.[1];
    if (unitName !== undefined) unit = unitName === "G" ? GB : MB;
    const took = /Each iteration took [\d.]{1,12}[^(]{1,60}\(\s*(\d{1,9}(?:\.\d{1,6})?)\s*ns\s*\)/;
    const idle = took.exec(line)?.[1];
    if (idle !== undefined) {
      says.read = true;
      const [cpus, pages] = [text.cpuNode, memoryNode];
      memory.fill(`${cpus} ${pages}`, () => memoryFigures(cpus, pages), {
        readLatencyNs: latencyOf(Number(idle)),
      });
      continue;
    }
    if (section === "totals") {
      const named = totalIn(line, unit);
      if (named === null) continue;
      says.read = true;
      if (total.all().some(({ traffic: known }) => known === named.traffic)) {
        warn("of several runs of the bandwidths of the system the first is used");
      } else total.at(named.traffic, () => named);
      continue;
    }
    if (section === "loaded") {
      const curve = readCurve(lines, at, unit);
      if (curve === null) continue;
      says.read = true;
      at = curve.end - 1;
      for (const sentence of curve.cut) warn(sentence);
      if (!isReads) warn("the loaded latencies under writes are not used");
      else if (loaded.length > 0) warn("of several loaded-latency curves the first is used");
      else loaded.push({ initiator: null, target: null, points: curve.points });
      section = null;
      continue;
    }
    if (section === null) continue;
    const matrix = readMatrix(lines, at, /^\s*(?:Numa node|Socket)\s+((?:\d{1,4}\s*)+)$/i);
    if (matrix === null) continue;
    says.read = true;
    at = matrix.end - 1;
    const what = section === "latencies" ? "idle latencies" : "bandwidths between nodes";
    for (const missing of matrix.cut) warn(`the text ends within the ${what}: it lacks ${missing}`);
    if (section === "latencies") addLatencies(matrix, memory);
    else if (isReads) addBandwidths(matrix, unit, memory);
    else warn("bandwidths between nodes of mixed traffic are not used");
    section = null;
  }
  if (!says.read) return null;
  const found = [
    memory.all().some(({ readLatencyNs }) => readLatencyNs !== null) &&
      `idle latencies${says.random ? " of random access" : ""}`,
    memory.all().some(({ allCores }) => allCores !== null) &&
      "bandwidths of reads by all threads of a node",
    total.all().length > 0 && "bandwidths of the system",
    loaded.length > 0 && "latencies while all cores read",
  ].filter((name) => name !== false);
  return {
    name: "mlc",
    version: says.version,
    method: `Intel MLC: ${found.join(", ")}`,
    memory: memory.all(),
    total: total.all(),
    loaded,
    warnings,
  };
}

function sectionOf(line: string): "latencies" | "bandwidths" | "totals" | "loaded" | null {
  if (!/Measuring /.test(line)) return null;
  if (/Measuring idle latencies\b/.test(line)) return "latencies";
  if (/Measuring Memory Bandwidths between nodes/.test(line)) return "bandwidths";
  if (/Measuring (?:Peak|Peak Injection|Maximum) Memory Bandwidths/.test(line)) return "totals";
  return /Measuring Loaded Latencies/.test(line) ? "loaded" : null;
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

/** The rows of delay, latency and bandwidth from a line on; null where it is none. */
function readCurve(lines: readonly string[], start: number, unit: number): Curve | null {
  const rows: { delay: number; latency: number; bandwidth: string }[] = [];
  let at = start;
  for (; at < lines.length && rows.length < pointsMax; at++) {
    const [, delay, latency, bandwidth] = pointLine.exec(lines[at] ?? "") ?? [];
    if (delay === undefined || bandwidth === undefined) break;
    rows.push({ delay: Number(delay), latency: Number(latency), bandwidth });
  }
  if (rows.length === 0) return null;
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
