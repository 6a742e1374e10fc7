import * as fc from "fast-check";
import { expect, test } from "vitest";
import { alterations } from "../../testing/explain/altered/alterations.ts";
import { cleanVm } from "../../testing/explain/clean.ts";
import { forgettable, forgetting } from "../../testing/explain/forgotten.ts";
import { twoCellVm } from "../../testing/explain/two-cells.ts";
import type { Evidence } from "../evidence/evidence.ts";
import { causes } from "./causes.ts";
import { at } from "../unit/list.ts";
import { type Subject, subjectOf } from "./subject/subject.ts";

/** Pairs of a subject and its twin, one for every alteration and a clean one. */
const pairs = [
  { code: "clean", evidence: cleanVm(0), twin: subjectOf(cleanVm(1)) },
  { code: "two guest nodes", evidence: twoCellVm(), twin: subjectOf(twoCellVm()) },
  ...alterations.map(({ code, alter, alterTwin = (same: Evidence) => same }) => ({
    code,
    evidence: alter(cleanVm(0)),
    twin: subjectOf(alterTwin(cleanVm(1))),
  })),
].map((pair) => ({ ...pair, judged: judgements(subjectOf(pair.evidence), pair.twin) }));

function judgements(subject: Subject, twin: Subject): ReadonlyMap<string, string> {
  return new Map(causes.map(({ code, judge }) => [code, judge(subject, twin).kind]));
}

/** A pair by its position, and what is forgotten of it. */
const lesser = fc
  .nat({ max: pairs.length - 1 })
  .chain((i) => fc.tuple(fc.constant(i), forgettable(at(pairs, i).evidence)));

test("who knows less accuses nobody whom more evidence acquits", () => {
  fc.assert(
    fc.property(lesser, ([i, fields]) => {
      const { evidence, twin, judged } = at(pairs, i);
      const less = judgements(subjectOf(forgetting(evidence, fields)), twin);
      const wronged = [...less].filter(
        ([code, kind]) => kind === "accused" && judged.get(code) === "acquitted",
      );
      expect(wronged).toEqual([]);
    }),
    { numRuns: 100 },
  );
});

/**
 * Causes with two sources, of which the alterations change one: with that forgotten, the other
 * tells, and tells otherwise.
 */
const twofold: ReadonlySet<string> = new Set([
  "guest-device-node",
  "guest-distances-flat",
  "host-memory-less",
  "link-slow",
  "peer-copies-off",
  "port-link-untrue",
  "vnuma-untrue",
]);

test("who knows less acquits nobody whom more evidence accuses", () => {
  fc.assert(
    fc.property(lesser, ([i, fields]) => {
      const { evidence, twin, judged } = at(pairs, i);
      const less = judgements(subjectOf(forgetting(evidence, fields)), twin);
      const freed = [...less].filter(
        ([code, kind]) =>
          kind === "acquitted" && judged.get(code) === "accused" && !twofold.has(code),
      );
      expect(freed).toEqual([]);
    }),
    { numRuns: 100 },
  );
});
