import { describe, expect, test } from "vitest";
import type { Evidence } from "@evenkeel/core/evidence/evidence.ts";
import { causes } from "@evenkeel/core/explain/causes.ts";
import { explain } from "@evenkeel/core/explain/explain.ts";
import { subjectOf } from "@evenkeel/core/explain/subject/subject.ts";
import type { RecordAlteration } from "./altered/alteration.ts";
import { recordAlterations } from "./altered/alterations.ts";
import { recordsMended } from "./altered/mended.ts";
import { asEvidence, keptTexts, labPair, labPairs } from "./lab-pairs.ts";
import { harmlessChanges } from "./lab-harmless.ts";
import { altered, differences } from "./pair-record.ts";

/**
 * Pairs of VMs that ran on an emulated host (`lab/scenario/twins*.ts`), and pairs made from their
 * records: with one fact altered the cause that rests on it is found, first of all and alone, and
 * without it acquitted; and what says nothing of how fast a VM is accuses nobody.
 */

/** What is told of only one of the two, in order; of several devices or threads once. */
const codesApart = (a: Evidence, b: Evidence): readonly string[] => {
  const apart = explain(a, b).differences.filter((one) => one.in !== "both");
  return [...new Set(apart.map((one) => `${one.code} in ${one.in}`))];
};

/** How a cause judges a record beside its twin. */
function judged(code: string, subject: Evidence, twin: Evidence): string {
  const cause = causes.find((one) => one.code === code);
  if (cause === undefined) throw new Error(`no cause has the code ${code}`);
  return cause.judge(subjectOf(subject), subjectOf(twin)).kind;
}

describe("as recorded", () => {
  test("there are twelve pairs with something planted, and four without", () => {
    const planted = labPairs.filter((pair) => pair.planted.length > 0);
    expect(planted.length).toBeGreaterThanOrEqual(12);
    expect(labPairs.length - planted.length).toBeGreaterThanOrEqual(4);
  });

  test.each(labPairs)("$name: what was planted, as live", ({ planted, live, a, b }) => {
    const { twins, differences: told } = explain(a, b);
    expect(told.map((one) => [one.code, one.in])).toEqual(live);
    expect(twins).toBe(planted.length === 0);
    const first = told.slice(0, planted.length);
    expect(first.map(({ code }) => code).toSorted()).toEqual(planted.toSorted());
    expect(new Set(first.map((one) => one.in)).size).toBe(planted.length === 0 ? 0 : 1);
    expect(told.slice(planted.length).filter((one) => one.in !== "both")).toEqual([]);
  });

  test("every path in a record is the emulated host's", () => {
    const known =
      /^\/(proc|sys|dev|machine|limited|tmp\/\w+\.qmp|run\/evenkeel|var\/lib\/evenkeel)\b|^\/$/;
    for (const [file, text] of keptTexts) {
      const paths = [...text.matchAll(/(?<=["\s])\/[^\s"]*/g)].map(([path]) => path);
      expect([file, paths.filter((path) => !known.test(path))]).toEqual([file, []]);
    }
  });
});

describe("with one fact altered", () => {
  test("there are forty, no two alike", () => {
    const kinds = recordAlterations.map(({ code, path }) => `${code} ${path}`);
    expect(new Set(kinds).size).toBe(kinds.length);
    expect(new Set(recordAlterations.map(({ code }) => code)).size).toBeGreaterThanOrEqual(40);
  });

  test.each(recordAlterations)("$code where $what", (alteration) => {
    const { code, path, otherwise } = alteration;
    const { a, b, bad } = madeFrom(alteration);
    expect(differences(b, bad)).not.toEqual({});
    const changed = Object.keys(differences(b, bad));
    expect(changed.filter((one) => !`${one}.`.startsWith(`${path}.`))).toEqual([]);
    expect(codesApart(a, bad)).toEqual([`${code} in b`]);
    expect(codesApart(bad, a)).toEqual([`${code} in a`]);
    // Reversed: the cause finds the same record in order.
    expect(judged(code, b, a)).toBe("acquitted");
    expect(codesApart(a, b)).toEqual(otherwise === undefined ? [] : [`${otherwise} in b`]);
  });

  const withTwin = recordAlterations.filter(({ twin }) => twin !== null);
  test.each(withTwin)("in both where $what: $code sets nothing apart", (alteration) => {
    const { a, bad } = madeFrom(alteration);
    const { path, value, twin } = alteration;
    const alike = asEvidence(altered(a, twin ?? { [path]: value }), "twin");
    expect(codesApart(alike, bad)).toEqual([]);
  });
});

describe("with one fact of what was planted put in order", () => {
  test.each(recordsMended)("no $gone where $what ($of)", ({ of, side, path, value, ...told }) => {
    const pair = labPair(of);
    const mended = asEvidence(altered(pair[side], { [path]: value }), "mended");
    const [a, b] = side === "a" ? [mended, pair.b] : [pair.a, mended];
    expect(codesApart(pair.a, pair.b)).toContain(`${told.gone} in ${side}`);
    expect(codesApart(a, b)).toEqual(told.left.map((code) => `${code} in ${side}`));
  });
});

/** A pair with what both are given, and its second record with the fact altered. */
function madeFrom({ of, given = (record) => record, path, value }: RecordAlteration): {
  readonly a: Evidence;
  readonly b: Evidence;
  readonly bad: Evidence;
} {
  const pair = labPair(of);
  const [a, b] = [given(pair.a), given(pair.b)];
  return { a, b, bad: asEvidence(altered(b, { [path]: value }), "altered") };
}

describe("altered without harm", () => {
  test("there are twenty", () => {
    expect(harmlessChanges.length).toBeGreaterThanOrEqual(20);
  });

  test.each(harmlessChanges)("$what", ({ of, given = (record) => record, change }) => {
    const pair = labPair(of);
    const [a, b] = [given(pair.a), given(pair.b)];
    const changed = asEvidence(change(b), "changed");
    expect(changed).not.toEqual(b);
    expect(codesApart(a, changed)).toEqual([]);
    expect(codesApart(changed, a)).toEqual([]);
  });

  const taken = harmlessChanges.filter(({ further }) => further !== undefined);
  test.each(taken)("$what, and more of that: $further.code", ({ of, given, change, further }) => {
    const pair = labPair(of);
    const [a, b] = [pair.a, pair.b].map((record) => given?.(record) ?? record);
    if (a === undefined || b === undefined || further === undefined) throw new Error(of);
    expect(codesApart(a, further.change(change(b)))).toContain(`${further.code} in b`);
  });
});
