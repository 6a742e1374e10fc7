import { at } from "@evenkeel/core/unit/list.ts";
import { median, type Timing } from "./interleave.ts";

/** One line of a benchmark: a time, compared with a peer or a limit in the same run. */
export interface Row {
  readonly bench: string;
  readonly subject: string;
  readonly medianMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly against: string;
  /** The subject's median over that of `against`. */
  readonly ratio: number;
  /** The goal: the ratio stays below; null for a peer or a limit itself. */
  readonly goal: number | null;
}

/** A figure without a peer, which is compared with its goal. */
export interface Figure {
  readonly bench: string;
  readonly subject: string;
  /** Null where the run did not end in time. */
  readonly value: number | null;
  readonly unit: string;
  /** The goal, an upper or a lower limit; null where the figure only informs. */
  readonly goal: { readonly atMost: number } | { readonly atLeast: number } | null;
}

export function row(bench: string, subject: Timing, against: Timing, goal: number | null): Row {
  const rounded = (value: number): number => Number(value.toPrecision(4));
  return {
    bench,
    subject: subject.name,
    medianMs: rounded(median(subject)),
    minMs: rounded(at(subject.rounds, 0)),
    maxMs: rounded(at(subject.rounds, subject.rounds.length - 1)),
    against: against.name,
    ratio: rounded(median(subject) / median(against)),
    goal,
  };
}

/** Tables for people, or one JSON object a line. */
export function report(lines: readonly (Row | Figure)[], json: boolean): string {
  if (json) return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  const rows = lines.filter((line) => "ratio" in line);
  const figures = lines.filter((line) => "value" in line);
  const compared = rows.map((line) => [
    line.subject,
    figure(line.medianMs),
    `${figure(line.minMs)} to ${figure(line.maxMs)}`,
    `${figure(line.ratio)} of ${line.against}`,
    line.goal === null ? "" : line.ratio <= line.goal ? `within ${line.goal}` : `OVER ${line.goal}`,
  ]);
  const alone = figures.map(({ subject, value, unit, goal }) => [
    subject,
    value === null ? "none" : `${figure(value)} ${unit}`,
    goal === null ? "" : verdict(value, goal),
  ]);
  return (
    (rows.length > 0 ? table([["", "median ms", "range", "ratio", "goal"], ...compared]) : "") +
    (rows.length > 0 && figures.length > 0 ? "\n" : "") +
    (figures.length > 0 ? table([["", "figure", "goal"], ...alone]) : "")
  );
}

function verdict(value: number | null, goal: NonNullable<Figure["goal"]>): string {
  if ("atMost" in goal) {
    return value !== null && value <= goal.atMost ? `within ${goal.atMost}` : `OVER ${goal.atMost}`;
  }
  return value !== null && value >= goal.atLeast ? `over ${goal.atLeast}` : `BELOW ${goal.atLeast}`;
}

function table(lines: readonly (readonly string[])[]): string {
  const widths = at(lines, 0).map((_, i) => Math.max(...lines.map((line) => at(line, i).length)));
  return lines
    .map(
      (line) =>
        `${line
          .map((cell, i) => cell.padEnd(at(widths, i)))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}

/** Three significant digits; two decimals from 1 on. */
function figure(value: number): string {
  return value === 0 || value >= 1
    ? value.toFixed(2)
    : value.toFixed(2 - Math.floor(Math.log10(value)));
}

/** The median ratio over cases, with the spread of the subject's medians. */
export function ratioRow(
  bench: string,
  against: string,
  cases: readonly (readonly Timing[])[],
  goal: number | null,
): Row {
  const pairs = cases.flatMap(([subject, other]) =>
    subject === undefined || other === undefined ? [] : [[median(subject), median(other)] as const],
  );
  const sorted = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);
  const rounds = sorted(pairs.map(([own]) => own));
  const subject = { name: `median of ${pairs.length} cases`, rounds };
  const ratios = sorted(pairs.map(([own, other]) => own / other));
  const ratio = median({ name: "ratios", rounds: ratios });
  return { ...row(bench, subject, { name: against, rounds }, goal), ratio };
}
