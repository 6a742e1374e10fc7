import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { together } from "./together.ts";

const wide = { characters: 1000, questions: 100 };

function counted(limits = wide) {
  const runs: (readonly string[])[] = [];
  const ask = together(async (questions) => {
    runs.push(questions);
    if (questions.includes("bad")) throw new Error("it failed");
    return questions.map((question) => question.toUpperCase());
  }, limits);
  return { runs, ask };
}

test("what is asked at the same time, also a few promises later, is one run", async () => {
  const { runs, ask } = counted();
  const later = Promise.resolve()
    .then(() => null)
    .then(() => ask("c"));
  expect(await Promise.all([ask("a"), ask("b"), later])).toEqual(["A", "B", "C"]);
  expect(runs).toEqual([["a", "b", "c"]]);
  await turn();
  expect(await ask("d")).toBe("D");
  expect(runs).toHaveLength(2);
});

test("what is more than the limits is several runs, and a question is never cut", async () => {
  const { runs, ask } = counted({ characters: 4, questions: 3 });
  const words = ["a", "b", "c", "d", "ee", "ffffff", "gg", "hhh"];
  expect(await Promise.all(words.map(ask))).toEqual(words.map((word) => word.toUpperCase()));
  expect(runs).toEqual([["a", "b", "c"], ["d", "ee"], ["ffffff"], ["gg"], ["hhh"]]);
});

test("a run that fails fails all of its questions and no others", async () => {
  const { ask } = counted({ characters: 1000, questions: 2 });
  const outcomes = await Promise.allSettled(["a", "bad", "c"].map(ask));
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "fulfilled"]);
});
