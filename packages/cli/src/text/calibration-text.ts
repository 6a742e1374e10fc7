import type {
  Bandwidths,
  Calibration,
  Measured,
  MemoryFigures,
} from "@evenkeel/core/calibration/calibration.ts";
import { linesText } from "./terminal-text.ts";
import { table } from "./table.ts";

/** A Calibration as matrices, rows the nodes of the CPUs and columns those of the memory. */
export function calibrationText(calibration: Calibration): string {
  const { host, memory, loaded, conditions } = calibration;
  const lines = [host ?? "a machine of unknown name"];
  if (conditions.isEmulated === true) lines.push("emulated CPUs: these times mean nothing");
  const shown = (title: string, figure: (one: MemoryFigures) => Measured | null, unit: number) => {
    const rows = matrix(memory, (one) => {
      const value = figure(one);
      return value === null ? "-" : (value.median / unit).toFixed(1);
    });
    if (rows !== null) lines.push("", title, ...rows);
  };
  shown("read latency, ns", (one) => one.readLatencyNs, 1);
  for (const [who, of] of [
    ["one core", "oneCore"],
    ["all cores", "allCores"],
  ] as const) {
    const kinds: readonly (readonly [string, keyof Bandwidths])[] = [
      ["reads", "readBytesPerSecond"],
      ["writes", "writeBytesPerSecond"],
      ["copies", "copyBytesPerSecond"],
    ];
    for (const [kind, field] of kinds) {
      shown(`${who}, ${kind}, GB/s`, (one) => one[of]?.[field] ?? null, 1e9);
    }
  }
  for (const { initiator, target, points } of loaded) {
    const rows = points.map(({ bytesPerSecond, latencyNs }) => [
      (bytesPerSecond / 1e9).toFixed(1),
      latencyNs.toFixed(0),
    ]);
    lines.push("", `under load, CPUs of node ${initiator}, memory of node ${target}`);
    lines.push(...table([["GB/s", "ns"], ...rows], ["right", "right"]).map((line) => `  ${line}`));
  }
  return linesText(lines);
}

function matrix(
  memory: readonly MemoryFigures[],
  cell: (one: MemoryFigures) => string,
): readonly string[] | null {
  const ids = (of: "initiator" | "target") =>
    [...new Set(memory.map((one) => one[of]))].toSorted((a, b) => Number(a) - Number(b));
  const columns = ids("target");
  const rows = ids("initiator").map((initiator) => [
    `node ${initiator ?? "?"}`,
    ...columns.map((target) => {
      const one = memory.find((pair) => pair.initiator === initiator && pair.target === target);
      return one === undefined ? "-" : cell(one);
    }),
  ]);
  if (rows.every((row) => row.slice(1).every((text) => text === "-"))) return null;
  const heads = ["", ...columns.map((target) => `node ${target ?? "?"}`)];
  return table(
    [heads, ...rows],
    heads.map(() => "right"),
  ).map((line) => `  ${line}`);
}
