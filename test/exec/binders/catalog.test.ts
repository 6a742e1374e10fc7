import { catalogMachine, catalogNames } from "@evenkeel/core/topology/catalog/catalog.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { expect, test } from "vitest";
import { type BinderName, binderNames } from "./case.ts";
import { ourBinders } from "./ours.ts";
import { bindersPage, countsOf } from "./page.ts";
import { publishedBinders } from "./published.ts";
import { type Trial, trialsOn } from "./trial.ts";

/** Our binder beside the published ones on every machine of the catalog. */

function machineNamed(name: string): Topology {
  const machine = catalogMachine(name);
  if (machine === null) throw new Error(`the catalog has ${name}`);
  return machine;
}

const trials: ReadonlyMap<string, readonly Trial[]> = new Map(
  catalogNames.map((name) => [
    name,
    trialsOn(machineNamed(name), [...publishedBinders, ...ourBinders]),
  ]),
);
const every = [...trials.values()].flat();
const of = (name: BinderName): readonly Trial[] =>
  every.filter(({ binder }) => binder.name === name);

test.each(catalogNames)("evenkeel exec is nowhere wrong on %s", (name) => {
  const own = trials.get(name)?.filter(({ binder }) => binder.name === "evenkeel exec") ?? [];
  expect(own.filter(({ mark }) => mark === "wrong").map(({ told }) => told)).toEqual([]);
  expect(countsOf(own).right).toBeGreaterThan(100);
});

test("every other binder is wrong somewhere and right somewhere, so that the trial can tell", () => {
  for (const name of binderNames.filter((one) => one !== "evenkeel exec")) {
    const { right, wrong } = countsOf(of(name));
    expect([name, right > 0, wrong > 0]).toEqual([name, true, true]);
  }
});

test("evenkeel exec leaves a worker alone only where nobody tells its node, or cores are too few", () => {
  const alone = of("evenkeel exec").filter(({ mark }) => mark === "alone");
  const others = alone.filter(({ where }) => where !== "no node told");
  expect(others.map(({ told }) => told)).toEqual([]);
});

test("docs/binders.md is what the trials show", async () => {
  const page = new URL("../../../docs/binders.md", import.meta.url).pathname;
  await expect(bindersPage(trials)).toMatchFileSnapshot(page);
});
