import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import { expect, test } from "vitest";
import { attemptAt, outcomeOf } from "./attempts.ts";
import { grownText } from "./mutate-growth.ts";
import { randomFor } from "./random.ts";
import { runTarget } from "./run-target.ts";
import type { Attempt } from "./target.ts";
import { targets } from "./targets.ts";
import { targets as hostileTargets } from "./testing/hostile-targets.ts";

/**
 * Few inputs of fixed seeds and little time: `npm run fuzz` tries as many as one has patience for.
 */
const seed = 20_260_101;
const runsMax = 300;
const forMs = 1500;

test.for([...targets])("$name reads or refuses mutated inputs", async ({ name, prepare }) => {
  const attempt = await prepare();
  const results = new Set<string>();
  const started = performance.now();
  const isLate = (): boolean => performance.now() - started >= forMs && results.size > 1;
  for (let run = 0; run < runsMax && !isLate(); run++) {
    const { result, fault } = await outcomeOf(attemptAt(attempt, name, seed, run));
    expect(fault, `npm run fuzz -- ${name} --seed ${seed} --runs ${run + 1}`).toBeNull();
    results.add(result);
  }
  // Mutations that all end alike would try nothing.
  expect(results.size).toBeGreaterThan(1);
});

test("a seed always gives the same inputs, and another seed gives others", async () => {
  for (const { name, prepare } of targets) {
    const [one, other] = [await prepare(), await prepare()];
    const inputs = (attempt: typeof one, from: number) =>
      [0, 1, 2, 3, 4, 5, 6, 7].map((run) => attemptAt(attempt, name, from, run).input());
    expect(inputs(other, 7), name).toEqual(inputs(one, 7));
    expect(inputs(other, 8), name).not.toEqual(inputs(one, 7));
  }
});

test("texts grow by ranges, repetitions, numbers, long lines and nesting", () => {
  const text = "node 0 cpus 0-3\nnode 1 cpus 4-7\n[1, 2, 3]\n";
  const grown = Array.from({ length: 400 }, (_, run) => grownText(text, randomFor(seed, "g", run)));
  for (const form of [
    /\d-65535/,
    /cpus 3000|cpus 4000|[47]000\n/,
    /(node 1 cpus 4-7\n){100}/,
    /node 50 /,
    /\[{200}/,
    /(<a>){200}/,
    / {1000}/,
    /(node 1 cpus 4-7\n\[1, 2, 3\]\n){100}/,
  ]) {
    expect(
      grown.some((one) => form.test(one)),
      form.source,
    ).toBe(true);
  }
  expect(Math.max(...grown.map(({ length }) => length))).toBeGreaterThan(100_000);
});

test("a reader whose work grows with the square of its input is slow for its length", async () => {
  const squared = (length: number): Attempt => ({
    read: () => {
      spin((length / 200) ** 2);
      return null;
    },
    input: () => "x".repeat(length),
  });
  expect((await outcomeOf(squared(1000))).fault).toBeNull();
  expect((await outcomeOf(squared(4000))).fault).toMatch(/ for 4000 bytes$/);
});

test("crashes, contradictions and slow reads are faults", async () => {
  const faultOf = async (read: Attempt["read"]): Promise<string | null> =>
    (await outcomeOf({ read, input: () => "" })).fault;
  const machine = syntheticTopology("core:1");
  expect(await faultOf(() => machine)).toBeNull();
  expect(await faultOf(() => JSON.parse("{"))).toMatch(/^SyntaxError/);
  expect(await faultOf(() => ({ ...machine, offlineCpus: "0" }))).toMatch(/^contradicts itself/);
  const slow = await faultOf(() => {
    spin(100);
    return null;
  });
  expect(slow).toMatch(/^took 1\d{2} ms of CPU time for 0 bytes$/);
});

const hostile = new URL("testing/hostile-targets.ts", import.meta.url).href;

test.for([
  ["crashes", 30_000, /^TypeError/],
  ["hangs", 1000, /^hangs: no answer within 1 s/],
  ["grows", 30_000, /memory limit/],
] as const)(
  "a reader that %s is ended, reported with its input, and the run goes on",
  async ([name, hangMs, what]) => {
    const limits = { hangMs, heapMegabytes: 48 };
    const findings = await runTarget(name, { seed: 3, runs: 5, module: hostile, ...limits });
    expect(findings.runs).toBe(5);
    expect(findings.faults.length).toBeGreaterThan(0);
    const target = hostileTargets.find((candidate) => candidate.name === name);
    const attempt = await target?.prepare();
    for (const fault of findings.faults) {
      expect(fault.what).toMatch(what);
      expect(attempt && attemptAt(attempt, name, 3, fault.run).input()).toBe("harmful");
    }
  },
);

/** Computes for so many milliseconds of the processor's time. */
function spin(ms: number): number {
  const before = process.threadCpuUsage();
  let rounds = 0;
  for (;;) {
    const { user, system } = process.threadCpuUsage(before);
    if (user + system > ms * 1000) return rounds;
    rounds++;
  }
}
