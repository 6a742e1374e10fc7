import { contradictions } from "@evenkeel/core/topology/check.ts";
import { requestOf } from "@evenkeel/core/testing/request/requests.ts";
import { expect, test } from "vitest";
import { randomFor } from "../../fuzz/random.ts";
import { casesOf } from "./cases.ts";
import { loadSolver } from "./linear-program.ts";
import { anyMachine } from "./machines.ts";
import { programmed } from "./oracle.ts";
import { placements, tryCases } from "./run.ts";
import { smallest } from "./smallest.ts";

/** A few cases of a fixed seed: `npm run exactness` tries any number. */
const seed = 20_261_123;
const cases = 400;

test("the search finds the objective that an integer program finds", async () => {
  const { kinds, mismatches } = await tryCases(placements(seed), { from: 0, cases });
  const repeat = `npm run exactness -- --seed ${seed} --cases ${cases}`;
  expect(
    mismatches.map(({ number, what }) => `case ${number}: ${what}`),
    repeat,
  ).toEqual([]);
  // Cases with one outcome alone would test nothing.
  expect(kinds.get("refused")).toBeGreaterThan(cases / 10);
  expect(kinds.get("strict")).toBeGreaterThan(cases / 10);
  expect(kinds.get("interleave")).toBeGreaterThan(cases / 40);
});

test("altered machines do not contradict themselves, and a seed's cases are the same again", () => {
  for (let run = 0; run < 60; run++) {
    const { topology, alterations } = anyMachine(randomFor(seed, "machine", run));
    expect(contradictions(topology), alterations.join(" ")).toEqual([]);
  }
  const [once, again] = [casesOf(seed), casesOf(seed)];
  const late = once(35);
  once(3);
  expect(once(35)).toEqual(late);
  expect(again(35)).toEqual(late);
  expect(casesOf(seed + 1)(35)).not.toEqual(late);
});

test("an answer worse than the program's is noticed, and reduced to a small case", async () => {
  const solver = await loadSolver();
  const caseAt = casesOf(seed);
  const numbers = [...Array(60).keys()];
  const worthSmaller = numbers.map(caseAt).find(({ host, request }) => {
    return request.accelerators.count > 2 && programmed(solver.program, host, request) !== null;
  });
  expect(worthSmaller).toBeDefined();
  if (worthSmaller === undefined) return;
  // Every case with two accelerators or more counts as wrong: the smallest one is very plain.
  const { request, host } = smallest(worthSmaller, (simpler) => {
    return simpler.request.accelerators.count >= 2;
  });
  expect({ ...request, hugepageBytes: null }).toEqual(
    requestOf({
      accelerators: { count: 2, model: null, link: "any" },
      vcpus: 1,
      memoryBytes: request.memoryBytes,
      hugepageBytes: null,
    }),
  );
  expect(host.taken).toEqual([]);
});
