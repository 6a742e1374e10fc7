import { count, type Tally } from "@evenkeel/core/unit/tally.ts";
import { type Case, casesOf } from "./cases.ts";
import { compare, type Outcome } from "./compare.ts";
import { type LinearProgram, loadSolver } from "./linear-program.ts";
import { smallest } from "./smallest.ts";

/** A trial: cases by number, and the outcome of each. */
export interface Trial<C extends Case> {
  readonly caseAt: (number: number) => C;
  readonly outcome: (newProgram: () => LinearProgram, tried: C) => Outcome;
  /** Simpler cases, in addition to those of every trial. */
  readonly simplerThan?: (failing: C) => Iterable<C>;
}

/** The placement of a request, compared with an integer program. */
export const placements = (seed: number): Trial<Case> => ({
  caseAt: casesOf(seed),
  outcome: (newProgram, { host, request }) => compare(newProgram, host, request),
});

/** The findings of a trial. */
export interface Findings<C extends Case> {
  readonly cases: number;
  /** How often each kind of outcome occurred. */
  readonly kinds: ReadonlyMap<string, number>;
  readonly mismatches: readonly Mismatch<C>[];
}

export interface Mismatch<C extends Case> {
  readonly number: number;
  readonly what: string;
  /** The smallest case found that fails as well, and how that fails. */
  readonly smallest: C;
  readonly smallestWhat: string;
}

export interface Options {
  readonly from: number;
  readonly cases: number;
  readonly onProgress?: (done: number, mismatches: number) => void;
}

/** How many mismatches of one kind are reduced to their smallest form. */
const shrunkMax = 3;

/** The kind of a mismatch: its text without numbers. */
export function kindOf(what: string): string {
  return (what.split(": search")[0] ?? "").replaceAll(/[\d.]+/g, "");
}

/** Tries the cases one after the other. */
export async function tryCases<C extends Case>(
  { caseAt, outcome: judge, simplerThan }: Trial<C>,
  { from, cases, onProgress }: Options,
): Promise<Findings<C>> {
  const solver = await loadSolver();
  const kinds: Tally<string> = new Map();
  const mismatches: Mismatch<C>[] = [];
  const outcome = (tried: C): Outcome => {
    try {
      return judge(solver.program, tried);
    } catch (error) {
      return { kind: "thrown", mismatch: error instanceof Error ? (error.stack ?? "") : "thrown" };
    }
  };
  for (let number = from; number < from + cases; number++) {
    const tried = caseAt(number);
    const { kind, mismatch } = outcome(tried);
    count(kinds, kind);
    if (mismatch !== null) {
      const isSameKind = (what: string | null): boolean => kindOf(what ?? "") === kindOf(mismatch);
      const failsTheSame = (simpler: C): boolean => isSameKind(outcome(simpler).mismatch);
      const before = mismatches.filter((other) => isSameKind(other.what)).length;
      const least = before < shrunkMax ? smallest(tried, failsTheSame, simplerThan) : tried;
      const smallestWhat = outcome(least).mismatch ?? mismatch;
      mismatches.push({ number, what: mismatch, smallest: least, smallestWhat });
    }
    onProgress?.(number - from + 1, mismatches.length);
    await solver.refresh();
  }
  return { cases, kinds, mismatches };
}
