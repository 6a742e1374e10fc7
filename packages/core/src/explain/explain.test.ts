import { expect, test } from "vitest";
import { cleanVm } from "../../testing/explain/clean.ts";
import { advice } from "../remedy/remedy.ts";
import { explainBy } from "./explain.ts";
import { accused, acquitted, type Cause } from "./subject/cause.ts";

/** How two are told apart by what causes say of each, whatever the causes are. */

const [a, b] = [cleanVm(0), cleanVm(1)];

/** A cause that both have at these prices; null has none. */
function priced(code: string, ofA: number | null, ofB: number | null): Cause {
  return {
    code,
    layer: "host",
    looksFor: "something",
    observable: "",
    readFrom: "",
    acquittedBy: "",
    followsFrom: [],
    judge: ({ evidence }) => {
      const slowdown = evidence.name === a.name ? ofA : ofB;
      if (slowdown === 0) return acquitted("nothing");
      return accused({
        about: "it",
        expected: "",
        found: "",
        evidence: [],
        seen: "directly",
        cost: slowdown === null ? { slowdown, basis: "unknown" } : { slowdown, basis: "measured" },
        remedy: advice(null, "Mend it."),
      });
    },
  };
}

const sidesOf = (...asked: readonly Cause[]): readonly string[] =>
  explainBy(asked, a, b).differences.map(({ code, in: side }) => `${side} ${code}`);

test("prices within a hundredth are alike, and what one has without a price is no such", () => {
  expect(sidesOf(priced("x", 1.2, 1.209))).toEqual(["both x"]);
  expect(sidesOf(priced("x", 1.209, 1.2))).toEqual(["both x"]);
  expect(sidesOf(priced("x", 1.2, 1.3))).toEqual(["b x", "a x"]);
  expect(sidesOf(priced("x", null, null))).toEqual(["both x"]);
  expect(sidesOf(priced("x", 1.2, null))).toEqual(["a x", "b x"]);
  expect(sidesOf(priced("x", 1.2, 0))).toEqual(["a x"]);
});

test("prices multiply, and their ratio explains of a measured gap no more than there is", () => {
  const asked = [priced("x", 1.5, 0), priced("y", 1.2, 1.2), priced("z", null, 1.2)];
  const free = explainBy(asked, a, b);
  expect(free.predicted).toEqual({ a: 1.8, b: 1.44 });
  expect([free.explained, free.unexplained]).toEqual([0.25, null]);
  expect(explainBy(asked, b, a)).toMatchObject({ explained: 0.25 });
  expect(explainBy(asked, a, b, { gap: 0.2 })).toMatchObject({ explained: 0.2, unexplained: 0 });
  expect(explainBy(asked, a, b, { gap: 0.4 })).toMatchObject({
    explained: 0.25,
    unexplained: 0.15,
  });
});
