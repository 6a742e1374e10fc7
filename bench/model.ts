import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import { bars, type CurveResult, judgeTables, mean } from "./model-curves.ts";
import { copyRows, matrixRows, rowBar, type RowResult } from "./model-rows.ts";
import { corpusTables, readLoadedTables } from "./model-tables.ts";

const corpus = process.env["EVENKEEL_CORPUS"] ?? resolve(import.meta.dirname, "../../shared/data");

/**
 * The cost model against published measurements. With `--tables FILE` its tables alone; without,
 * the loaded-latency tables and matrices of the corpus, where there is one, and published copies.
 */
export function benchModel(json: boolean, args: readonly string[]): string {
  const option = args.indexOf("--tables");
  const file = option < 0 ? null : (args[option + 1] ?? null);
  if (option >= 0 && file === null) {
    throw new EvenkeelError("usage", "--tables needs a file", {
      expected: "npm run bench -- model --tables FILE [--json]",
      remedy: "name a file of loaded-latency tables",
    });
  }
  const folder = join(corpus, "measurements");
  if (file === null && !existsSync(folder)) {
    console.error(
      `there is no corpus at ${corpus} (EVENKEEL_CORPUS names its folder; it is optional): ` +
        "its tables and matrices are left out",
    );
  }
  const tables =
    file === null ? (existsSync(folder) ? corpusTables(folder) : []) : readLoadedTables(file);
  const curves = judgeTables(tables);
  const rows = file === null ? [...matrixRows(folder), ...copyRows()] : [];
  if (json) return [...curves, ...rows].map((line) => `${JSON.stringify(line)}\n`).join("");
  return [
    ...(tables.length === 0 ? [] : [curveText(curves)]),
    ...(rows.length === 0 ? [] : [rowText(rows)]),
  ].join("\n");
}

function rowText(results: readonly RowResult[]): string {
  const rows = results.map(({ prediction, inputs, predictedGBps, measuredGBps, error }) => [
    prediction,
    inputs,
    ...[predictedGBps, measuredGBps].map((rate) => (rate === null ? "none" : rate.toFixed(1))),
    percent(error),
    error !== null && error > rowBar ? `off by more than ${rowBar * 100} %` : "",
  ]);
  const heading = ["prediction, GB/s", "inputs", "predicted", "measured", "error %", ""];
  return `Shared bandwidth: max-min fair\n\n${aligned([heading, ...rows], 2)}`;
}

export function curveText(results: readonly CurveResult[]): string {
  const judged = results.flatMap((one) =>
    one.inputs === null || one.meanError === null || one.worstError === null ? [] : [one],
  );
  const heading = [
    "machine",
    "idle ns",
    "peak GB/s",
    "constant",
    "points",
    "mean %",
    "worst %",
    "left out %",
    "one constant %",
    "built in %",
    "past knee %",
    "",
  ];
  const rows = results.map((one) => [
    one.machine,
    ...(one.inputs === null
      ? ["", "", ""]
      : [
          one.inputs.idleNs.toFixed(1),
          (one.inputs.peakBytesPerSecond / 1e9).toFixed(1),
          one.inputs.growth.toFixed(3),
        ]),
    String(one.points),
    ...[
      one.meanError,
      one.worstError,
      one.leaveOneOutError,
      one.oneConstantError,
      one.builtInError,
      one.kneeError,
    ].map(percent),
    one.problem ?? "",
  ]);
  const all = (
    field: "meanError" | "leaveOneOutError" | "oneConstantError" | "builtInError",
  ): string => percent(mean(judged.map((one) => one[field]).filter((error) => error !== null)));
  return (
    "Loaded latency: idle · (1 + constant · u / (1 − (u / 1.03)⁴)), u the share of the peak, up to the latency past the knee\n\n" +
    aligned([heading, ...rows]) +
    (judged.length === 0
      ? "\nNone of the tables can be judged.\n"
      : `\nMean of ${judged.length} tables: ${all("meanError")} % with a constant a table (bar ${bars.mean * 100}, ` +
        `each point left out ${all("leaveOneOutError")}), ${all("oneConstantError")} % with one constant for all ` +
        `(bar ${bars.oneConstant * 100}), ${all("builtInError")} % with the built-in one.\n`) +
    "Inputs are the first three columns of figures; predicted are the points below 95 % of the peak.\n"
  );
}

function percent(error: number | null): string {
  return error === null ? "" : (error * 100).toFixed(2);
}

/** Columns of text: the first ones and the last are aligned left, figures right. */
function aligned(lines: readonly (readonly string[])[], words = 1): string {
  const widths = (lines[0] ?? []).map((_, i) =>
    Math.max(...lines.map((line) => (line[i] ?? "").length)),
  );
  return lines
    .map((line) => {
      const cells = line.map((cell, i) =>
        i < words || i === line.length - 1
          ? cell.padEnd(at(widths, i))
          : cell.padStart(at(widths, i)),
      );
      return `${cells.join("  ").trimEnd()}\n`;
    })
    .join("");
}
