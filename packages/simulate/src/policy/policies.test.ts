import * as fc from "fast-check";
import { expect, test } from "vitest";
import { at } from "@evenkeel/core/unit/list.ts";
import { emptyHost, type HostShape, type HostState } from "../fleet/host.ts";
import type { TaskShare, Task } from "../fleet/task.ts";
import { hostAfter, allocationsOn } from "../fleet/allocations.ts";
import { randomFor } from "../random.ts";
import { arbitraryScenario } from "../../testing/arbitrary-scenario.ts";
import { allocatedPercent } from "./allocated.ts";
import { fragmentationOf, typicalTasks } from "./fragmentation.ts";
import { sellableCapacity, vmsOverNodes } from "./sellable-capacity.ts";
import { policies } from "./policies.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";

const shape = (gpus: number, cores: number, nodes = 1): HostShape => ({
  model: null,
  nodes: Array.from({ length: nodes }, () => ({ cpuMilli: cores * 1000, memoryMib: 100, gpus })),
});
const task = (gpus: number, cores: number, gpuMilli = gpus === 0 ? 0 : 1000): Task => ({
  name: `${gpus} GPUs`,
  cpuMilli: cores * 1000,
  memoryMib: 10,
  gpus,
  gpuMilli,
  models: null,
});
const state = (of: HostShape, gpuMilli: readonly (readonly number[])[]): HostState => ({
  shape: of,
  nodes: of.nodes.map((node, n) => ({ ...node, gpuMilli: gpuMilli[n] ?? [] })),
});

test("fragmentation by hand: the free GPUs that the typical task cannot use", () => {
  const demand: readonly TaskShare[] = [
    { task: task(1, 2, 500), share: 0.5 },
    { task: task(2, 4), share: 0.5 },
  ];
  const measure = fragmentationOf(demand);
  const host = shape(2, 8);
  expect(measure(emptyHost(host))).toBe(0);
  // The task of 0.5 can use both; the task of two finds one whole GPU and can use none: 0.5 × 1600.
  expect(measure(state(host, [[1000, 600]]))).toBe(800);
  // Neither task can use the 0.4: 0.5 × 400 + 0.5 × 1400.
  expect(measure(state(host, [[1000, 400]]))).toBe(900);
  // Three cores are too few for the task of two: 0.5 × 2000.
  expect(measure({ ...emptyHost(shape(2, 3)), shape: host })).toBe(1000);
  // With one GPU on each of two nodes, a task of two may use the whole host.
  expect(measure(emptyHost(shape(1, 4, 2)))).toBe(0);
  // With two GPUs on each of two nodes, a task of two cannot use one free GPU on each.
  expect(
    measure(
      state(shape(2, 4, 2), [
        [1000, 0],
        [1000, 0],
      ]),
    ),
  ).toBe(1000);
});

test("typical tasks are the most frequent ones that together make up 95 %", () => {
  const tasks = [0.6, 0.34, 0.02, 0.02, 0.02].map((share, i) => ({ task: task(1, i + 1), share }));
  const typical = typicalTasks(tasks);
  expect(typical.map(({ task: { cpuMilli } }) => cpuMilli)).toEqual([1000, 2000, 3000]);
  expect(sumOf(typical, ({ share }) => share)).toBeCloseTo(1, 12);
});

test("sellable capacity by hand: GPUs in whole VMs, CPUs in fractions down to one VM", () => {
  const sellable = (of: Task, host: HostState): number =>
    sellableCapacity([{ task: of, share: 1 }])(host);
  expect(sellable(task(2, 2), emptyHost(shape(5, 100)))).toBe(2 * 4);
  expect(sellable(task(1, 4), emptyHost(shape(5, 10)))).toBe(2.5);
  expect(sellable(task(1, 11), emptyHost(shape(5, 10)))).toBe(0);
  expect(sellable(task(1, 1, 300), state(shape(2, 100), [[1000, 250]]))).toBe(3);
  expect(
    sellable(
      task(2, 1),
      state(shape(2, 100, 2), [
        [1000, 0],
        [1000, 0],
      ]),
    ),
  ).toBe(0);
  expect(sellable(task(4, 1), emptyHost(shape(2, 100, 2)))).toBe(16);
  expect(sellable(task(0, 1), emptyHost(shape(2, 100)))).toBe(0);
});

test("the number of VMs of several cells is the one that filling the nodes one by one reaches", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 4 }),
      (rooms, cells) => {
        expect(Math.floor(vmsOverNodes(rooms, cells))).toBe(most(rooms, cells));
      },
    ),
  );
});

/**
 * Greedy count, known to be optimal: each VM takes a cell on each of the nodes with the most room.
 */
function most(rooms: readonly number[], cells: number): number {
  let left = [...rooms];
  for (let count = 0; ; count++) {
    left.sort((a, b) => b - a);
    const emptiest = left.slice(0, cells);
    if (emptiest.length < cells || emptiest.some((room) => room < 1)) return count;
    left = [...emptiest.map((room) => room - 1), ...left.slice(cells)];
  }
}

test("no allocation on any host loses less sellable capacity than the one that Evenkeel takes", () => {
  const evenkeel = policies.find(({ name }) => name === "evenkeel");
  fc.assert(
    fc.property(arbitraryScenario, fc.nat(), ({ hosts, demand }, which) => {
      const { task: asked } = demand[which % demand.length] ?? { task: task(1, 1) };
      const states = hosts.map(emptyHost);
      const setting = { hosts: states, demand, random: randomFor(1, "test") };
      const choice = evenkeel?.start(setting).choose(asked) ?? null;
      const sellable = sellableCapacity(demand);
      const losses = states.flatMap((host) =>
        allocationsOn(host, asked).map(
          (allocation) => sellable(host) - sellable(hostAfter(host, allocation)),
        ),
      );
      expect(choice === null).toBe(losses.length === 0);
      if (choice === null) return;
      const host = at(states, choice.host);
      const loss = sellable(host) - sellable(hostAfter(host, choice.allocation));
      expect(loss).toBeCloseTo(Math.min(...losses), 8);
    }),
  );
});

test("packing and spreading compare the allocated CPUs, memory and GPUs, with triple weight for GPUs", () => {
  const half = state(shape(2, 10), [[1000, 0]]);
  expect(allocatedPercent(half)).toBe(30);
  const [first, second] = [emptyHost(shape(2, 10)), half];
  const chosen = (name: string): number | undefined =>
    policies
      .find((policy) => policy.name === name)
      ?.start({ hosts: [first, second], demand: [], random: randomFor(1, name) })
      .choose(task(1, 1))?.host;
  expect(chosen("pack")).toBe(1);
  expect(chosen("spread")).toBe(0);
  expect(chosen("best-fit")).toBe(1);
  expect(chosen("first-fit")).toBe(0);
});
