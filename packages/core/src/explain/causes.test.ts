import { expect, test } from "vitest";
import { alterations } from "../../testing/explain/altered/alterations.ts";
import type { Evidence } from "../evidence/evidence.ts";
import { malformed } from "../../testing/remedy/malformed.ts";
import { cleanVm } from "../../testing/explain/clean.ts";
import { causes } from "./causes.ts";
import { diagnose } from "./diagnose.ts";
import { explain } from "./explain.ts";
import { subjectOf } from "./subject/subject.ts";

const [clean, twin] = [cleanVm(0), cleanVm(1)];
const same = (evidence: Evidence): Evidence => evidence;

test("nothing is found in two twins that are in order, and nothing is left unlooked at", () => {
  const { differences, twins, unchecked, predicted } = explain(clean, twin);
  expect(differences).toEqual([]);
  expect(unchecked).toEqual([]);
  expect([twins, predicted]).toEqual([true, { a: 1, b: 1 }]);
});

test.each(alterations)("$code is found where $what, and first of all", (altered) => {
  const { code, alter, alterTwin = same } = altered;
  const { differences, twins } = explain(alter(clean), alterTwin(twin));
  expect(twins).toBe(false);
  expect(differences[0]).toMatchObject({ code, in: "a" });
});

test.each(alterations)("$code on the other side where $what is in the other", (altered) => {
  const { code, alter, alterTwin = same } = altered;
  const [first] = explain(alterTwin(twin), alter(clean)).differences;
  expect(first).toMatchObject({ code, in: "b" });
});

test.each(alterations)(
  "what mends $code where $what is a sentence, and its commands are",
  (altered) => {
    const { alter, alterTwin = same } = altered;
    const { differences } = explain(alter(clean), alterTwin(twin));
    for (const { remedy } of differences) expect(malformed(remedy)).toEqual([]);
  },
);

test("every cause has an alteration that brings it about, and is acquitted without it", () => {
  const altered = new Set(alterations.map(({ code }) => code));
  const subject = subjectOf(clean);
  for (const cause of causes) {
    expect(altered, cause.code).toContain(cause.code);
    const { kind } = cause.judge(subject, subjectOf(twin));
    expect(kind, cause.code).toBe("acquitted");
  }
});

test("codes are unique, and causes follow from causes, in no circle", () => {
  const codes = causes.map(({ code }) => code);
  expect(new Set(codes).size).toBe(codes.length);
  const reaches = (code: string, seen: readonly string[]): boolean =>
    seen.includes(code) ||
    (causes.find((one) => one.code === code)?.followsFrom ?? []).some((from) =>
      reaches(from, [...seen, code]),
    );
  for (const { code, followsFrom } of causes) {
    expect(codes).toEqual(expect.arrayContaining([...followsFrom]));
    expect(reaches(code, []), code).toBe(false);
  }
});

test("what was not read is unknown, never innocent", () => {
  const kernel = { ksmRun: null, numaBalancing: null, transparentHugepages: null };
  const nothing = { process: null, machine: null, memory: null, threads: null, guest: null };
  const blank = { ...clean, ...nothing, kernel, cgroups: [], devices: [], shapes: [] };
  const { checked } = diagnose(subjectOf(blank), null);
  expect(checked).toEqual([]);
});
