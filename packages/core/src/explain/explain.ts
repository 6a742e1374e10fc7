import type { Evidence } from "../evidence/evidence.ts";
import type { Cause } from "./subject/cause.ts";
import { causes } from "./causes.ts";
import {
  ask,
  chained,
  dearestFirst,
  faultOf,
  type Found,
  type Judged,
  slowdownOf,
} from "./diagnose.ts";
import type { Checked, Explanation, Side, Unchecked } from "./explanation.ts";
import { subjectOf } from "./subject/subject.ts";

/** What an explanation takes into account beside the evidence. */
export interface ExplainOptions {
  /** How much slower one is than the other by the user's own measurement: 0.2 is 20 %. */
  readonly gap?: number | null;
}

/**
 * Explains why one of two is slower: every cause is asked about both, and what only one has, or has
 * more of, sets them apart. What both have alike explains no gap and is told last.
 *
 * The prices of one subject multiply, as each is relative to the subject without that fault. Their
 * ratio is what is explained of the gap, never more than the gap where that was measured.
 */
export function explain(a: Evidence, b: Evidence, options: ExplainOptions = {}): Explanation {
  return explainBy(causes, a, b, options);
}

/** Explains by some causes alone. */
export function explainBy(
  asked: readonly Cause[],
  a: Evidence,
  b: Evidence,
  options: ExplainOptions = {},
): Explanation {
  const [first, second] = [subjectOf(a), subjectOf(b)];
  const answers = [ask(first, second, asked), ask(second, first, asked)] as const;
  const [ofA, ofB] = [chained(answers[0]), chained(answers[1])];
  const shared = sharedRoots(ofA, ofB);
  const found =
    shared.size === 0
      ? sided(ofA, ofB)
      : [
          ...sided(chained(answers[0], shared), chained(answers[1], shared)),
          ...sided(ofA, ofB).filter(({ cause }) => shared.has(cause.code)),
        ];
  const apart = found.filter((one) => one.side !== "both");
  const predicted = { a: slowdown(ofA), b: slowdown(ofB) };
  const gap = options.gap ?? null;
  const ratio = Math.max(predicted.a, predicted.b) / Math.min(predicted.a, predicted.b) - 1;
  const explained = gap === null ? ratio : Math.min(ratio, gap);
  return {
    apiVersion: "evenkeel/v1",
    kind: "Explanation",
    a: a.name,
    b: b.name,
    twins: apart.length === 0,
    differences: found.map((one) => ({ ...faultOf(one), in: one.side })),
    predicted: { a: rounded(predicted.a), b: rounded(predicted.b) },
    explained: rounded(explained),
    unexplained: gap === null ? null : rounded(gap - explained),
    checked: inBoth(ofA, ofB),
    unchecked: unchecked(ofA, ofB),
  };
}

interface Sided extends Found {
  readonly side: Side;
}

/** What only one has comes first; of that, and of the rest, what costs most. */
function sided(a: Judged, b: Judged): Sided[] {
  const common = a.found.filter((one) => b.found.some((other) => isAlike(one, other)));
  const only = (from: Judged, side: Side): Sided[] =>
    from.found
      .filter((one) => !common.some((other) => isAlike(one, other)))
      .map((one) => ({ ...one, side }));
  return [
    ...[...only(a, "a"), ...only(b, "b")].toSorted(dearestFirst),
    ...common.map((one) => ({ ...one, side: "both" as const })),
  ];
}

/**
 * The roots that both have alike, and that lead to more in one than in the other. Such a root does
 * not explain what only one has, so its effects are told themselves.
 */
function sharedRoots(a: Judged, b: Judged): ReadonlySet<string> {
  const codes = a.found.flatMap((one) => {
    const other = b.found.find((each) => isAlike(one, each));
    const isEven = other === undefined || other.leadsTo.join() === one.leadsTo.join();
    return isEven ? [] : [one.cause.code];
  });
  return new Set(codes);
}

/** Prices that differ by less are alike. */
const alike = 0.01;

/** Whether two subjects have one fault to the same extent. */
function isAlike(a: Found, b: Found): boolean {
  if (a.cause.code !== b.cause.code) return false;
  const [one, other] = [a.cost.slowdown, b.cost.slowdown];
  return one === null || other === null ? one === other : Math.abs(one - other) < alike;
}

/** One cause may be found several times, of several devices: the dearest counts. */
function slowdown({ found }: Judged): number {
  const byCause = Map.groupBy(found, ({ cause }) => cause.code);
  return [...byCause.values()].reduce((all, own) => all * Math.max(...own.map(slowdownOf)), 1);
}

function inBoth(a: Judged, b: Judged): Checked[] {
  const codes = new Set(b.checked.map(({ code }) => code));
  return a.checked.filter(({ code }) => codes.has(code));
}

function unchecked(a: Judged, b: Judged): Unchecked[] {
  const isIn = (of: Judged, code: string): boolean => of.unchecked.some((one) => one.code === code);
  return [
    ...a.unchecked.map((one): Unchecked => ({ ...one, in: isIn(b, one.code) ? "both" : "a" })),
    ...b.unchecked
      .filter(({ code }) => !isIn(a, code))
      .map((one): Unchecked => ({ ...one, in: "b" })),
  ];
}

function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
