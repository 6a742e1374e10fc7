import * as fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "./canonical-json.ts";

/** The same value with the keys of every object in another order. */
function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, field]) => [key, shuffled(field)]),
  );
}

test("equal values have equal text, whatever the order of their keys", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(canonicalJson(shuffled(value))).toBe(canonicalJson(value));
    }),
  );
});

test("the text is JSON for the value, so different values have different texts", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value);
      // -0 is 0 in JSON, which JSON.parse of JSON.stringify shows as well.
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test("keys are in code-unit order, white space is not, and undefined fields are left out", () => {
  expect(canonicalJson({ b: 1, a: [true, null, "x y"], B: {}, é: 0, "10": 1, "9": 2 })).toBe(
    '{"10":1,"9":2,"B":{},"a":[true,null,"x y"],"b":1,"é":0}',
  );
  expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}');
});
