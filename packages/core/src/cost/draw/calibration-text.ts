import type { Calibration, LoadedCurve } from "../../calibration/calibration.ts";
import { printable } from "../../text/printable.ts";
import { curveName, kneeOf } from "./knee.ts";
import { distanceText, figureTables, figureText, type FigureTable, spreadText } from "./tables.ts";

/**
 * A calibration as text: what measured it and when, its matrices in the order of nodes as `numactl
 * -H` prints distances, each with its unit and its spread; the bandwidths of all cores; each
 * loaded-latency curve with its knee; and what disturbed the measurement. What was not measured is
 * `?`. No line is longer than the width where that has at least 40 columns: wide matrices come in
 * parts.
 */
export function calibrationText(calibration: Calibration, width = 80): string {
  const blocks = [
    headLines(calibration, width),
    ...figureTables(calibration).map((table) => tableLines(table, width)),
    totalLines(calibration),
    ...calibration.loaded.map((curve) => curveLines(curve, width)),
    wrappedLines(
      calibration.warnings.map((warning) => `note: ${warning}`),
      width,
    ),
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map(printable).join("\n"))
    .join("\n\n")}\n`;
}

function headLines(calibration: Calibration, width: number): readonly string[] {
  return wrappedLines(
    [titleOf(calibration), calibration.tool.method, ...conditionsOf(calibration)],
    width,
  );
}

/** `What distance costs on hgx-17, measured by evenkeel 1.0.0 on 2026-01-31 12:00 UTC`. */
export function titleOf({ host, tool, measuredAt }: Calibration): string {
  const where = host === null ? "on an unnamed machine" : `on ${host}`;
  const version = tool.version === null ? "" : ` ${tool.version}`;
  const when = measuredAt === null ? "" : ` on ${measuredAt.slice(0, 16).replace("T", " ")} UTC`;
  return `What distance costs ${where}, measured by ${tool.name}${version}${when}`;
}

/** The circumstances that matter to whoever reads the figures. */
export function conditionsOf({ conditions }: Calibration): readonly string[] {
  const { isEmulated, isInGuest, isGentle, stealShare, othersShare } = conditions;
  const busy = (share: number | null, who: string): string | null =>
    share === null || share < 0.01
      ? null
      : `this machine was busy: ${Math.round(share * 100)} % ${who}`;
  return [
    isEmulated === true ? "its CPUs are emulated: the times mean nothing" : null,
    isInGuest === true ? "measured inside a VM" : null,
    isGentle === true ? "measured beside what ran, on idle CPUs and free pages" : null,
    busy(stealShare, "steal"),
    busy(othersShare, "of the measuring CPUs' time went to others"),
  ].filter((line) => line !== null);
}

function tableLines(table: FigureTable, width: number): readonly string[] {
  const { title, unit, rowsAre, columnsAre, rows, columns, cells } = table;
  const texts = cells.map((row, i) =>
    row.map((cell, j) =>
      cell !== null ? figureText(cell.median) : table.isAmongEqual && i === j ? "-" : "?",
    ),
  );
  const widest = Math.max(...[...columns, ...texts.flat()].map(({ length }) => length)) + 2;
  const names = Math.max(4, ...rows.map(({ length }) => length)) + 2;
  const each = Math.max(1, Math.floor((width - names) / widest));
  const parts = Array.from({ length: Math.ceil(columns.length / each) }, (_, i) => i * each);
  const head = wrappedLines(
    [`${title} (${unit}); rows: ${rowsAre}, columns: ${columnsAre}`],
    width,
  );
  const matrix = parts.flatMap((from) => {
    const cut = <Item>(all: readonly Item[]): readonly Item[] => all.slice(from, from + each);
    const line = (name: string, own: readonly string[]): string =>
      name.padStart(names) + own.map((text) => text.padStart(widest)).join("");
    return [line("", cut(columns)), ...rows.map((row, i) => line(row, cut(texts[i] ?? [])))];
  });
  const remarks = [distanceText(table), spreadText(table)].filter((text) => text !== null);
  return [...head, ...matrix, ...wrappedLines([remarks.join("; ")], width, "  ")];
}

/** The mixes of reads and writes, and STREAM's kernels, in words. */
export const trafficNames: Readonly<Record<string, string>> = {
  reads: "reads",
  "reads-3-writes-1": "3 reads to 1 write",
  "reads-2-writes-1": "2 reads to 1 write",
  "reads-1-writes-1": "1 read to 1 write",
  "stream-copy": "STREAM Copy",
  "stream-scale": "STREAM Scale",
  "stream-add": "STREAM Add",
  "stream-triad": "STREAM Triad",
};

function totalLines({ total }: Calibration): readonly string[] {
  if (total.length === 0) return [];
  const [first] = total;
  const threads = first?.threads ?? null;
  return [
    `bandwidth of all cores together (GB/s)${threads === null ? "" : `, ${threads} threads`}`,
    ...total.map(({ traffic, bytesPerSecond: { median, least, most, samples } }) => {
      const range =
        samples > 1 ? `  (${figureText(least / 1e9)} to ${figureText(most / 1e9)})` : "";
      const name = (trafficNames[traffic] ?? traffic).padEnd(20);
      return `  ${name}${figureText(median / 1e9).padStart(7)}${range}`;
    }),
  ];
}

/** More points than this are thinned out, evenly. */
const pointsMax = 14;

function curveLines(curve: LoadedCurve, width: number): readonly string[] {
  const knee = kneeOf(curve);
  const { points } = curve;
  const step = Math.max(1, Math.ceil(points.length / pointsMax));
  const shown = points.filter(
    (point, i) => (points.length - 1 - i) % step === 0 || i === 0 || point === knee,
  );
  const most = Math.max(...points.map(({ latencyNs }) => latencyNs));
  const room = Math.max(4, Math.min(40, width - 34));
  return [
    `latency under load, ${curveName(curve)} (ns at GB/s)`,
    ...shown.map((point) => {
      const bar = "█".repeat(Math.max(1, Math.round((point.latencyNs / most) * room)));
      const rate = figureText(point.bytesPerSecond / 1e9).padStart(9);
      const mark = point === knee ? "  knee" : "";
      return `${rate}${figureText(point.latencyNs).padStart(9)}  ${bar}${mark}`;
    }),
  ];
}

/** Texts broken between words; each begins on a line of its own. */
function wrappedLines(texts: readonly string[], width: number, indent = ""): readonly string[] {
  return texts.flatMap((text) => {
    const lines: string[] = [];
    for (const word of text.split(" ")) {
      const last = lines.at(-1);
      if (last !== undefined && last.length + 1 + word.length <= width) {
        lines[lines.length - 1] = `${last} ${word}`;
      } else lines.push(`${lines.length === 0 ? indent : `${indent}  `}${word}`);
    }
    return lines;
  });
}
