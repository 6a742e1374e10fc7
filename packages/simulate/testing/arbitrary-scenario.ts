import * as fc from "fast-check";
import type { HostShape } from "../src/fleet/host.ts";
import type { Task } from "../src/fleet/task.ts";
import { taskShares } from "../src/fleet/task.ts";
import { randomFor } from "../src/random.ts";
import type { Scenario } from "../src/run/scenario.ts";

const arbitraryShape: fc.Arbitrary<HostShape> = fc
  .record({
    model: fc.constantFrom("A", "B", null),
    nodes: fc.integer({ min: 1, max: 3 }),
    cpuMilli: fc.integer({ min: 1, max: 16 }),
    memoryMib: fc.integer({ min: 1, max: 64 }),
    gpus: fc.integer({ min: 0, max: 4 }),
  })
  .map(({ model, nodes, cpuMilli, memoryMib, gpus }) => ({
    model,
    nodes: Array.from({ length: nodes }, () => ({ cpuMilli: cpuMilli * 1000, memoryMib, gpus })),
  }));

const arbitraryTask: fc.Arbitrary<Task> = fc
  .record({
    cpuMilli: fc.integer({ min: 0, max: 20_000 }),
    memoryMib: fc.integer({ min: 0, max: 80 }),
    gpus: fc.integer({ min: 0, max: 9 }),
    part: fc.integer({ min: 1, max: 1000 }),
    models: fc.option(fc.constantFrom(["A"], ["B"], ["A", "B"])),
  })
  .map(({ part, ...rest }) => ({
    ...rest,
    name: "task",
    gpuMilli: rest.gpus === 0 ? 0 : rest.gpus === 1 ? part : 1000,
  }));

/** A small scenario of any shape: tasks arrive, and leave or stay. */
export const arbitraryScenario: fc.Arbitrary<Scenario> = fc
  .record({
    shapes: fc.array(arbitraryShape, { minLength: 1, maxLength: 3 }),
    hosts: fc.integer({ min: 1, max: 6 }),
    tasks: fc.array(arbitraryTask, { minLength: 1, maxLength: 5 }),
    arrivals: fc.integer({ min: 1, max: 60 }),
    stay: fc.boolean(),
  })
  .map(({ shapes, hosts, tasks, arrivals, stay }) => ({
    name: "any",
    title: "any scenario",
    axis: "time",
    end: 1,
    settled: 0,
    hosts: Array.from({ length: hosts }, (_, i) => shapes[i % shapes.length]).filter(
      (shape) => shape !== undefined,
    ),
    demand: taskShares(tasks),
    ownPolicies: [],
    arrivals: (seed) => {
      const random = randomFor(seed, "any arrivals");
      return Array.from({ length: arrivals }, (_, i) => {
        const at = i / arrivals;
        const task = tasks[random.below(tasks.length)];
        const leaves = stay ? null : at + random.exponential(0.2);
        return task === undefined ? [] : [{ task, at, leaves }];
      }).flat();
    },
  }));
