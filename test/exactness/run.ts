import type { Case } from "./cases.ts";
import { casesOf } from "./cases.ts";
import { compare } from "./compare.ts";
import { loadSolver } from "./linear-program.ts";
import { smallest } from "./smallest.ts";

/** What trying so many cases has come to. */
export interface Findings {
  readonly cases: number;
  /** How often each kind of outcome came. */
  readonly kinds: ReadonlyMap<string, number>;
  readonly mismatches: readonly Mismatch[];
}

export interface Mismatch {
  readonly number: number;
  readonly what: string;
  /** The smallest case found that fails as well, and how that fails. */
  readonly smallest: Case;
  readonly smallestWhat: string;
}

export interface Options {
  readonly seed: number;
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

/** Holds the search against the integer program on each of the cases. */
export async function tryCases({ seed, from, cases, onProgress }: Options): Promise<Findings> {
  const solver = await loadSolver();
  const caseAt = casesOf(seed);
  const kinds = new Map<string, number>();
  const mismatches: Mismatch[] = [];
  const outcome = ({ host, request }: Case): { kind: string; mismatch: string | null } => {
    try {
      return compare(solver.program, host, request);
    } catch (error) {
      return { kind: "thrown", mismatch: error instanceof Error ? (error.stack ?? "") : "thrown" };
    }
  };
  for (let number = from; number < from + cases; number++) {
    const tried = caseAt(number);
    const { kind, mismatch } = outcome(tried);
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    if (mismatch !== null) {
      const alike = (what: string | null): boolean => kindOf(what ?? "") === kindOf(mismatch);
      const failsAlike = (simpler: Case): boolean => alike(outcome(simpler).mismatch);
      const known = mismatches.filter((other) => alike(other.what)).length;
      const least = known < shrunkMax ? smallest(tried, failsAlike) : tried;
      const smallestWhat = outcome(least).mismatch ?? mismatch;
      mismatches.push({ number, what: mismatch, smallest: least, smallestWhat });
    }
    onProgress?.(number - from + 1, mismatches.length);
    await solver.refresh();
  }
  return { cases, kinds, mismatches };
}
