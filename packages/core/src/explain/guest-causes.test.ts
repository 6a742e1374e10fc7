import { expect, test } from "vitest";
import { cleanVm } from "../../testing/explain/clean.ts";
import { wideVm } from "../../testing/explain/wide.ts";
import { diagnose } from "./diagnose.ts";
import { subjectOf } from "./subject/subject.ts";

test("a VM as wide as four nodes is in order, and nothing is left unlooked at", () => {
  const { found, unchecked } = diagnose(subjectOf(wideVm()), subjectOf(cleanVm(1)));
  expect(found.map(({ cause, found: what }) => `${cause.code}: ${what}`)).toEqual([]);
  expect(unchecked).toEqual([]);
});
