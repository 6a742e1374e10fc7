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
  const rounded = (value: number | undefined): number => Number((value ?? 0).toPrecision(4));
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
    figure(line.medianMs),
    `${figure(line.minMs)} to ${figure(line.maxMs)}`,
    `${figure(line.ratio)} of ${line.against}`,
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

/** Three digits that say something, or two after the point where there are more before it. */
function figure(value: number): string {
  return value === 0 || value >= 1
    ? value.toFixed(2)
    : value.toFixed(2 - Math.floor(Math.log10(value)));
}

/** The median over cases of the ratio of each, with the spread of the subject's own medians. */
export function ratioRow(
  bench: string,
  against: string,
  cases: readonly (readonly Timing[])[],
  goal: number | null,
): Row {
  const pairs = cases.flatMap(([subject, other]) =>
    subject === undefined || other === undefined ? [] : [[median(subject), median(other)] as const],
  );
  const middle = (values: readonly number[]): number =>
    values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
  const rounds = pairs.map(([own]) => own).toSorted((a, b) => a - b);
  const subject = { name: `median of ${pairs.length} cases`, rounds };
  const ratio = middle(pairs.map(([own, other]) => own / other));
  return { ...row(bench, subject, { name: against, rounds }, goal), ratio };
}
