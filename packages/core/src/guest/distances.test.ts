import * as fc from "fast-check";
import { expect, test } from "vitest";
import { guestDistances } from "./distances.ts";
import { generatedPlans } from "../../testing/guest/generated-plans.ts";
import { planOf } from "../../testing/guest/plan-of.ts";

const two = [{ cores: 1 }, { cores: 1 }];

test("distances pass as they are, in each direction", () => {
  const distances = [
    [10, 21],
    [31, 10],
  ];
  const notes: string[] = [];
  const plan = planOf({ cells: two, distances });
  expect(guestDistances(plan, (text) => void notes.push(text))).toEqual(distances);
  expect(notes).toEqual([]);
});

test("what libvirt or the guest's kernel would refuse becomes the nearest that they take", () => {
  const notes: string[] = [];
  const distances = [
    [11, 10],
    [255, 10],
  ];
  const shown = guestDistances(planOf({ cells: two, distances }), (text) => void notes.push(text));
  expect(shown).toEqual([
    [10, 11],
    [254, 10],
  ]);
  expect(notes).toMatchInlineSnapshot(`
    [
      "the host's distance 11 from cell 0 to cell 0 is shown as 10",
      "the host's distance 10 from cell 0 to cell 1 is shown as 11",
      "the host's distance 255 from cell 1 to cell 0 is shown as 254",
    ]
  `);
});

test("unknown distances stay unknown, and one cell needs none", () => {
  expect(guestDistances(planOf({ cells: two }), () => {})).toBeNull();
  expect(guestDistances(planOf({ cells: [{ cores: 1 }], distances: [[10]] }), () => {})).toBeNull();
});

test("every table that is shown is legal, and as near to the host's as can be", () => {
  fc.assert(
    fc.property(generatedPlans, (plan) => {
      const notes: string[] = [];
      const shown = guestDistances(plan, (text) => void notes.push(text));
      let changed = 0;
      for (const [from, row] of (shown ?? []).entries()) {
        for (const [to, value] of row.entries()) {
          const host = plan.distances?.[from]?.[to];
          if (from === to) expect(value).toBe(10);
          else expect(value > 10 && value < 255).toBe(true);
          if (value !== host) changed++;
          else expect(value).toBe(host);
        }
      }
      expect(notes).toHaveLength(changed);
    }),
  );
});
