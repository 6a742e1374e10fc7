import { median, type Timing } from "./interleave.ts";

/** One line of a benchmark: a figure, held against a peer or a limit measured in the same run. */
export interface Row {
  readonly bench: string;
  readonly subject: string;
  readonly medianMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly against: string;
  /** The subject's median over that of `against`. */
  readonly ratio: number;
  /** What the ratio is meant to stay below; null of a peer or a limit itself. */
  readonly goal: number | null;
}

export function row(bench: string, subject: Timing, against: Timing, goal: number | null): Row {
  const rounded = (value: number | undefined): number => Math.round((value ?? 0) * 1000) / 1000;
  return {
    bench,
    subject: subject.name,
    medianMs: rounded(median(subject)),
    minMs: rounded(subject.rounds[0]),
    maxMs: rounded(subject.rounds.at(-1)),
    against: against.name,
    ratio: rounded(median(subject) / median(against)),
    goal,
  };
}

/** A table for people, or one JSON object a line. */
export function report(rows: readonly Row[], json: boolean): string {
  if (json) return rows.map((line) => `${JSON.stringify(line)}\n`).join("");
  const cells = rows.map((line) => [
    line.subject,
    line.medianMs.toFixed(2),
    `${line.minMs.toFixed(2)} to ${line.maxMs.toFixed(2)}`,
    `${line.ratio.toFixed(2)} of ${line.against}`,
    line.goal === null ? "" : line.ratio <= line.goal ? `within ${line.goal}` : `OVER ${line.goal}`,
  ]);
  const table = [["", "median ms", "range", "ratio", "goal"], ...cells];
  const widths = table[0]?.map((_, i) => Math.max(...table.map((line) => (line[i] ?? "").length)));
  return table
    .map(
      (line) =>
        `${line
          .map((cell, i) => cell.padEnd(widths?.[i] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}
