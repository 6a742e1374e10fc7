import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { partFaults } from "../../testing/schema-judge.ts";
import { deviceName, indexList, name, pciAddress, size } from "../fields.ts";
import { takenAt } from "../taken-at.ts";
import { allForms, formOf } from "./forms.ts";

/** Each form with the alphabet of its texts. */
const forms = [
  { schema: size, alphabet: "0123456789.KMGTPikB -" },
  { schema: indexList, alphabet: "0123456789,-" },
  { schema: pciAddress, alphabet: "0123456789abcdefA:.g" },
  { schema: deviceName, alphabet: "0123456789abcdef:*." },
  { schema: name, alphabet: "abz09.-_A" },
  { schema: takenAt, alphabet: "0123456789-:.TZ" },
].map((form) => ({ ...form, title: formOf(form.schema)?.title ?? "none" }));

test("every form is tried", () => {
  expect(forms.map(({ title }) => title).toSorted()).toEqual(
    allForms.map(({ title }) => title).toSorted(),
  );
});

/** What the reader refuses, and no pattern can: another order, a number or a size too large. */
const beyondPatterns = (title: string, text: string): boolean =>
  (title === "Sizes" && /\d{2}|P/.test(text)) ||
  (title === "Lists of CPUs and nodes" && /\d.*[,-]|\d{5}/.test(text));

describe.each(forms)("$title", ({ schema, alphabet, title }) => {
  const form = formOf(schema)?.schema ?? {};
  const [written = form] = form.anyOf ?? [form];
  const pattern = typeof written === "object" ? (written.pattern ?? "") : "";

  function agree(text: string): void {
    const reads = schema.safeParse(text).success;
    const takes = partFaults(form, text) === null;
    if (reads || !beyondPatterns(title, text)) expect([text, takes]).toEqual([text, reads]);
  }

  test("the pattern takes what the reader takes, and the reader what the pattern takes", () => {
    fc.assert(fc.property(fc.stringMatching(new RegExp(pattern)), agree), { numRuns: 1000 });
  });

  test("a text with another character in it is one to both or to neither", () => {
    const other = fc.tuple(
      fc.stringMatching(new RegExp(pattern)),
      fc.nat(30),
      fc.constantFrom("", ...alphabet.split("")),
    );
    const property = fc.property(other, ([text, at, put]) => {
      const place = at % (text.length + 1);
      agree(`${text.slice(0, place)}${put}${text.slice(place + 1)}`);
    });
    fc.assert(property, { numRuns: 2000 });
  });

  test("its examples are of it", () => {
    for (const example of formOf(schema)?.examples ?? []) {
      expect([example, schema.safeParse(example).success]).toEqual([example, true]);
    }
  });
});
