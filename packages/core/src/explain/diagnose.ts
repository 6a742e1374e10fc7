import type { FindingCost } from "../verify/verdict/verdict.ts";
import type { Accusation, Cause } from "./subject/cause.ts";
import { causes } from "./causes.ts";
import type { Checked, Fault, Unchecked } from "./explanation.ts";
import type { Subject } from "./subject/subject.ts";

/** A cause that was found, and what of. */
export interface Found extends Accusation {
  readonly cause: Cause;
  /** The codes of the causes that follow from it. */
  readonly leadsTo: readonly string[];
}

/** What causes say of one subject, each by itself. */
export interface Answers {
  readonly found: readonly Omit<Found, "leadsTo">[];
  readonly checked: readonly Checked[];
  readonly unchecked: readonly Omit<Unchecked, "in">[];
}

/** What causes say of one subject, each chain of causes told once. */
export interface Judged {
  /** What costs most first. */
  readonly found: readonly Found[];
  readonly checked: readonly Checked[];
  readonly unchecked: readonly Omit<Unchecked, "in">[];
}

/** Asks every cause about a subject, and tells each chain of causes once. */
export function diagnose(
  subject: Subject,
  twin: Subject | null,
  asked: readonly Cause[] = causes,
): Judged {
  return chained(ask(subject, twin, asked));
}

/** Asks causes about a subject. */
export function ask(subject: Subject, twin: Subject | null, asked: readonly Cause[]): Answers {
  const found: Omit<Found, "leadsTo">[] = [];
  const checked: Checked[] = [];
  const unchecked: Omit<Unchecked, "in">[] = [];
  for (const cause of asked) {
    const { code } = cause;
    const judgement = cause.judge(subject, twin);
    switch (judgement.kind) {
      case "accused":
        found.push(...judgement.accusations.map((accusation) => ({ ...accusation, cause })));
        break;
      case "acquitted":
        checked.push({ code, found: judgement.found });
        break;
      case "unknown":
        unchecked.push({ code, why: judgement.why });
        break;
      case "irrelevant":
        break;
    }
  }
  return { found, checked, unchecked };
}

/**
 * Tells each chain of causes once: what follows from another cause that was found is told with it,
 * and its price is the root's where that has none.
 *
 * @param without the codes of causes to leave out: what follows from them is told itself.
 */
export function chained(
  { found, ...looked }: Answers,
  without: ReadonlySet<string> = new Set(),
): Judged {
  const told = found.filter(({ cause }) => !without.has(cause.code));
  return { ...looked, found: rooted(told).toSorted(dearestFirst) };
}

/** What was found, as documents have it. */
export function faultOf({ cause, about, expected, seen, ...rest }: Found): Fault {
  const { found, evidence, cost, remedy, leadsTo } = rest;
  return {
    code: cause.code,
    what: cause.looksFor,
    severity: seen === "directly" ? "warning" : "info",
    layer: cause.layer,
    subject: about,
    promised: expected,
    found,
    evidence,
    cost,
    remedy,
    leadsTo,
  };
}

/**
 * Leaves out what follows from another cause that was found, and gives its price to the root. What
 * follows from several is told with each, and paid for by one: the first that it names.
 */
function rooted(found: readonly Omit<Found, "leadsTo">[]): Found[] {
  const codes = new Set(found.map(({ cause }) => cause.code));
  const causeOf = ({ cause }: Pick<Found, "cause">): string | undefined =>
    cause.followsFrom.find((code) => codes.has(code));
  const rootOf = (one: Pick<Found, "cause">): string => {
    const from = found.find(({ cause }) => cause.code === causeOf(one));
    return from === undefined ? one.cause.code : rootOf(from);
  };
  return found
    .filter((one) => causeOf(one) === undefined)
    .map((root) => {
      const { code } = root.cause;
      const effects = effectsOf(code, found);
      const costs = effects.filter((one) => rootOf(one) === code).map(({ cost }) => cost);
      const leadsTo = [...new Set(effects.map(({ cause }) => cause.code))];
      return { ...root, leadsTo, cost: [root.cost, ...costs].reduce(dearer) };
    });
}

/** What follows from a cause, directly or through others. Causes follow in no circle. */
function effectsOf(
  code: string,
  found: readonly Omit<Found, "leadsTo">[],
): readonly Omit<Found, "leadsTo">[] {
  const direct = found.filter(({ cause }) => cause.followsFrom.includes(code));
  return [...direct, ...direct.flatMap(({ cause }) => effectsOf(cause.code, found))];
}

function dearer(a: FindingCost, b: FindingCost): FindingCost {
  return slowdownOf({ cost: b }) > slowdownOf({ cost: a }) ? b : a;
}

/** For comparisons: what nobody could price comes after what costs anything. */
export function slowdownOf({ cost: { slowdown } }: Pick<Found, "cost">): number {
  return slowdown === null ? 1 : slowdown;
}

/** By price, then by how directly the cause was seen, then in the order of the registry. */
export function dearestFirst(
  a: Pick<Found, "cost" | "seen">,
  b: Pick<Found, "cost" | "seen">,
): number {
  const seen = Number(b.seen === "directly") - Number(a.seen === "directly");
  return slowdownOf(b) - slowdownOf(a) || seen;
}
