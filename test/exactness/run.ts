import { count, type Tally } from "@evenkeel/core/unit/tally.ts";
import { type Case, casesOf } from "./cases.ts";
import { compare, type Outcome } from "./compare.ts";
import { type LinearProgram, loadSolver } from "./linear-program.ts";
import { smallest } from "./smallest.ts";

/** What is tried: cases by their numbers, and how each comes out. */
export interface Trial<C extends Case> {
  readonly caseAt: (number: number) => C;
  readonly outcome: (newProgram: () => LinearProgram, tried: C) => Outcome;
  /** What can be taken away from a case, beside what any has. */
  readonly simplerThan?: (failing: C) => Iterable<C>;
}

/** The placement of a request, held against an integer program. */
export const placements = (seed: number): Trial<Case> => ({
  caseAt: casesOf(seed),
  outcome: (newProgram, { host, request }) => compare(newProgram, host, request),
});

/** What trying so many cases has come to. */
export interface Findings<C extends Case> {
  readonly cases: number;
  /** How often each kind of outcome came. */
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

/** Of what looks alike, so many are made as small as they go. */
const shrunkMax = 3;

/** What is wrong without the numbers. */
export function kindOf(what: string): string {
  return (what.split(": search")[0] ?? "").replaceAll(/[\d.]+/g, "");
}

/** Tries each of the cases. */
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
      const alike = (what: string | null): boolean => kindOf(what ?? "") === kindOf(mismatch);
      const failsAlike = (simpler: C): boolean => alike(outcome(simpler).mismatch);
      const known = mismatches.filter((other) => alike(other.what)).length;
      const least = known < shrunkMax ? smallest(tried, failsAlike, simplerThan) : tried;
      const smallestWhat = outcome(least).mismatch ?? mismatch;
      mismatches.push({ number, what: mismatch, smallest: least, smallestWhat });
    }
    onProgress?.(number - from + 1, mismatches.length);
    await solver.refresh();
  }
  return { cases, kinds, mismatches };
}
