import * as fc from "fast-check";
import { expect, test } from "vitest";
import { at } from "@evenkeel/core/unit/list.ts";
import { emptyHost, freeGpuMilli, type HostState } from "../fleet/host.ts";
import { gpuMilliOf, type Task } from "../fleet/task.ts";
import { allocationsOn } from "../fleet/allocations.ts";
import { nodeAware, policies } from "../policy/policies.ts";
import type { Choice, Policy } from "../policy/policy.ts";
import { arbitraryScenario } from "../../testing/arbitrary-scenario.ts";
import { departures } from "./departures.ts";
import { simulate } from "./simulate.ts";
import { gpuCapacity } from "./statistics.ts";
import type { Arrival, Scenario } from "./scenario.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";

const all: readonly Policy[] = [...policies, ...policies.map(nodeAware)];

/** A policy that records each task, the hosts it saw and its choice. */
function recorded(policy: Policy): {
  readonly policy: Policy;
  readonly decisions: { task: Task; hosts: readonly HostState[]; choice: Choice | null }[];
} {
  const decisions: { task: Task; hosts: readonly HostState[]; choice: Choice | null }[] = [];
  return {
    decisions,
    policy: {
      ...policy,
      start: (setting) => {
        const placer = policy.start(setting);
        return {
          choose: (task) => {
            const choice = placer.choose(task);
            decisions.push({ task, hosts: [...setting.hosts], choice });
            return choice;
          },
        };
      },
    },
  };
}

test("every policy places a task exactly when it fits some host, and only where it fits", () => {
  fc.assert(
    fc.property(
      arbitraryScenario,
      fc.integer(),
      fc.constantFrom(...all),
      (scenario, seed, policy) => {
        const { policy: observed, decisions } = recorded(policy);
        const outcome = simulate(scenario, observed, seed);
        for (const { task, hosts, choice } of decisions) {
          const fits = hosts.some((host) => allocationsOn(host, task).length > 0);
          expect(choice !== null).toBe(fits);
          if (choice === null) continue;
          expect(allocationsOn(at(hosts, choice.host), task)).toContainEqual(choice.allocation);
        }
        expect(outcome.placed).toBe(decisions.filter(({ choice }) => choice !== null).length);
      },
    ),
    { numRuns: 300 },
  );
});

test("on every host, the allocated CPUs and GPUs are those of the tasks that are there", () => {
  fc.assert(
    fc.property(
      arbitraryScenario,
      fc.integer(),
      fc.constantFrom(...all),
      (scenario, seed, policy) => {
        const { policy: observed, decisions } = recorded(policy);
        simulate(scenario, observed, seed);
        const arrivals = scenario.arrivals(seed);
        const placed: { readonly choice: Choice; readonly arrival: Arrival }[] = [];
        for (const [i, { hosts, choice }] of decisions.entries()) {
          const arrival = at(arrivals, i);
          for (const [h, host] of hosts.entries()) {
            const here = placed
              .filter((one) => one.choice.host === h)
              .map((one) => one.arrival)
              .filter(({ leaves }) => leaves === null || leaves > arrival.at);
            const taken = sumOf(here, (one) => gpuMilliOf(one.task));
            const cpus = sumOf(here, (one) => one.task.cpuMilli);
            const empty = emptyHost(host.shape);
            const free = (state: HostState): number =>
              sumOf(state.nodes, ({ cpuMilli }) => cpuMilli);
            expect(freeGpuMilli(empty) - freeGpuMilli(host)).toBe(taken);
            expect(free(empty) - free(host)).toBe(cpus);
            for (const { cpuMilli, memoryMib, gpuMilli } of host.nodes) {
              expect(Math.min(cpuMilli, memoryMib, ...gpuMilli)).toBeGreaterThanOrEqual(0);
            }
          }
          if (choice !== null) placed.push({ choice, arrival });
        }
      },
    ),
    { numRuns: 150 },
  );
});

test("the same seed gives the same outcome, and a policy that knows nodes keeps every signature", () => {
  fc.assert(
    fc.property(
      arbitraryScenario,
      fc.integer(),
      fc.constantFrom(...all),
      (scenario, seed, policy) => {
        const outcome = simulate(scenario, policy, seed, { fragmentation: true });
        expect(simulate(scenario, policy, seed, { fragmentation: true })).toEqual(outcome);
        if (policy.knowsNodes) expect(outcome.inSignature).toBe(outcome.placed);
        expect(Math.max(...outcome.curve)).toBeLessThanOrEqual(1);
        expect(outcome.wholeHost.refusedWhileFree).toBeLessThanOrEqual(outcome.wholeHost.refused);
      },
    ),
    { numRuns: 150 },
  );
});

const task = (name: string, gpus: number, cores: number): Task => ({
  name,
  cpuMilli: cores * 1000,
  memoryMib: 1,
  gpus,
  gpuMilli: gpus === 0 ? 0 : 1000,
  models: null,
});

/** Two hosts of two nodes with two GPUs and four cores each. */
function twoHosts(tasks: readonly Task[]): Scenario {
  const node = { cpuMilli: 4000, memoryMib: 8, gpus: 2 };
  const shape = { model: null, nodes: [node, node] };
  return {
    name: "two hosts",
    title: "two hosts",
    axis: "time",
    end: 1,
    settled: 0,
    hosts: [shape, shape],
    demand: tasks.map((one) => ({ task: one, share: 1 / tasks.length })),
    ownPolicies: [],
    arrivals: () => tasks.map((one, i) => ({ task: one, at: i / 10, leaves: null })),
  };
}

test("two hosts by hand: first fit splits a VM over nodes, spreading blocks a whole host, Evenkeel does neither", () => {
  const [one, two, four] = [task("one", 1, 2), task("two", 2, 4), task("four", 4, 8)];
  const scenario = twoHosts([one, two, one, four]);
  const outcomes = Object.fromEntries(
    policies.map((policy) => [policy.name, simulate(scenario, policy, 1)]),
  );
  // One host gets GPU 0, then GPUs 1 and 2, which lie on two nodes, then GPU 3.
  expect(outcomes["first-fit"]).toMatchObject({ placed: 4, inSignature: 3, finalShare: 1 });
  expect(outcomes["spread"]).toMatchObject({
    placed: 3,
    finalShare: 0.5,
    wholeHost: { arrived: 1, refused: 1, refusedWhileFree: 1 },
  });
  expect(outcomes["evenkeel"]).toMatchObject({
    placed: 4,
    inSignature: 4,
    finalShare: 1,
    wholeHost: { arrived: 1, refused: 0, refusedWhileFree: 0 },
  });
  expect(gpuCapacity(scenario.hosts)).toBe(8000);
  expect(outcomes["evenkeel"]?.curve.length).toBe(101);
});

test("departures come in order of time, and in order of addition where times are equal", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 20 })),
      fc.integer({ min: 0, max: 20 }),
      (times, now) => {
        const leaving = departures<number>();
        for (const [i, time] of times.entries()) leaving.add(time, i);
        const expected = times
          .map((time, i) => ({ time, i }))
          .toSorted((a, b) => a.time - b.time || a.i - b.i);
        expect([...leaving.until(now)]).toEqual(
          expected.filter(({ time }) => time <= now).map(({ i }) => i),
        );
        expect([...leaving.until(Infinity)]).toEqual(
          expected.filter(({ time }) => time > now).map(({ i }) => i),
        );
      },
    ),
  );
});

test("an allocation that is not what the task asks for, or not free, breaks an invariant", () => {
  const one = task("one", 1, 2);
  const scenario = twoHosts([one, one, one, one, one]);
  const part = { node: 0, cpuMilli: 2000, memoryMib: 1, gpus: [0], gpuMilli: 1000 };
  const wrong = [
    { ...part, cpuMilli: 1000 },
    { ...part, memoryMib: 2 },
    { ...part, gpus: [] },
    { ...part, gpus: [2] },
    { ...part, gpus: [-1] },
    { ...part, gpuMilli: 500 },
    { ...part, node: 2 },
    // Valid once; the second time these resources are taken.
    part,
  ];
  for (const allocation of wrong) {
    const policy: Policy = {
      name: "wrong",
      title: "wrong",
      source: "none",
      knowsNodes: true,
      start: () => ({ choose: () => ({ host: 0, allocation: [allocation] }) }),
    };
    expect(() => simulate(scenario, policy, 1), JSON.stringify(allocation)).toThrow(
      "broken invariant",
    );
  }
});
