import * as fc from "fast-check";
import { expect, test } from "vitest";
import { classifyCores, type CoreFacts } from "./classify-cores.ts";

const core = (facts: Partial<CoreFacts>): CoreFacts => ({
  kind: null,
  baseFrequency: null,
  capacity: null,
  maxFrequency: null,
  ...facts,
});

/** One core for each value of a fact. */
const each = (name: keyof CoreFacts, ...values: readonly (number | null)[]): CoreFacts[] =>
  values.map((value) => core({ [name]: value }));

test.each<readonly [string, readonly CoreFacts[], readonly (number | null)[]]>([
  ["nothing told", [core({}), core({})], [null, null]],
  ["a ranking alone makes no class", each("maxFrequency", 3700, 4300, 4500), [null, null, null]],
  ["one highest frequency for all", each("maxFrequency", 3700, 3700), [0, 0]],
  ["one highest frequency for some", each("maxFrequency", 3700, null), [null, null]],
  ["all of one base", each("baseFrequency", 2700, 2700), [0, 0]],
  ["cores of priority (SST-BF)", each("baseFrequency", 2100, 2700, 2100), [1, 0, 1]],
  ["a base of some cores tells nothing", each("baseFrequency", 2100, null), [null, null]],
  ["the favored of equal cores", each("capacity", 1024, 1017, 997), [0, 0, 0]],
  ["capacities a tenth apart", each("capacity", 1000, 900, 899), [0, 1, 1]],
  ["capacities less than a tenth apart", each("capacity", 1000, 901), [0, 0]],
  ["small steps are no gap", each("capacity", 1000, 930, 870, 810), [0, 0, 0, 0]],
  ["three kinds by capacity", each("capacity", 1024, 760, 380, 383), [0, 1, 2, 2]],
  ["a core without capacity", each("capacity", 1024, null, 400), [0, null, 1]],
])("%s", (_, facts, classes) => {
  expect(classifyCores(facts)).toEqual(classes);
});

test("kinds are classes, the fastest first by capacity, name, base, then highest frequency", () => {
  const of = (...facts: readonly Partial<CoreFacts>[]): (number | null)[] =>
    classifyCores(facts.map(core));
  expect(of({ kind: "0x41:0xd87", capacity: 731 }, { kind: "0x41:0xd85", capacity: 997 })).toEqual([
    1, 0,
  ]);
  const [atom, fast, low] = ["cpu_atom", "cpu_core", "cpu_lowpower"].map((kind) => ({ kind }));
  expect(of({ ...atom }, { ...low }, { ...fast })).toEqual([1, 2, 0]);
  // The base of a core for efficiency may be the higher one.
  const bases = [
    { kind: "cpu_atom", baseFrequency: 1500 },
    { kind: "cpu_core", baseFrequency: 1400 },
  ];
  expect(of(...bases)).toEqual([1, 0]);
  expect(of({ kind: "a", maxFrequency: 2000 }, { kind: "b", maxFrequency: 3000 })).toEqual([1, 0]);
  // One kind, and bases within it; and capacities within a kind.
  expect(of({ kind: "a", baseFrequency: 1 }, { kind: "a", baseFrequency: 2 })).toEqual([1, 0]);
  expect(of({ kind: "a", capacity: 1024 }, { kind: "a", capacity: 880 })).toEqual([0, 1]);
  // A core of no listed kind is of no known class.
  expect(of({ kind: "cpu_core", capacity: 1024 }, { capacity: 1024 })).toEqual([0, null]);
});

const anyFacts: fc.Arbitrary<CoreFacts> = fc.record({
  kind: fc.constantFrom(null, "cpu_core", "cpu_atom"),
  baseFrequency: fc.constantFrom(null, 2000, 2700),
  capacity: fc.constantFrom(null, 1024, 1000, 500),
  maxFrequency: fc.constantFrom(null, 3000, 4000),
});

test("classes run from 0 without a gap, and follow their cores to any order", () => {
  fc.assert(
    fc.property(fc.array(anyFacts, { minLength: 1, maxLength: 8 }), (facts) => {
      const classes = classifyCores(facts);
      const known = new Set(classes.filter((one) => one !== null));
      expect([...known].toSorted((a, b) => a - b)).toEqual([...known.keys()].map((_, i) => i));
      const back = classifyCores(facts.toReversed()).toReversed();
      // Names of classes may change where nothing ranks them; which cores are together may not.
      for (const i of facts.keys()) {
        for (const j of facts.keys()) {
          expect(back[i] === back[j]).toBe(classes[i] === classes[j]);
        }
      }
    }),
  );
});

test("no ranking changes which cores are of one class", () => {
  fc.assert(
    fc.property(fc.array(anyFacts, { minLength: 1, maxLength: 8 }), (facts) => {
      const together = (of: readonly CoreFacts[]): boolean[] => {
        const classes = classifyCores(of);
        return classes.flatMap((a) => classes.map((b) => a === b));
      };
      const ranked = facts.map((one, i) => ({ ...one, maxFrequency: 3000 + 100 * i }));
      expect(together(ranked)).toEqual(together(facts));
    }),
  );
});
