import * as fc from "fast-check";
import { expect, test } from "vitest";
import { at } from "@evenkeel/core/unit/list.ts";
import { emptyHost, type HostShape, type HostState } from "../fleet/host.ts";
import type { TaskDemand, Task } from "../fleet/task.ts";
import { after, waysOn } from "../fleet/allocations.ts";
import { randomFor } from "../random.ts";
import { arbitraryWorld } from "../../testing/arbitrary-scenario.ts";
import { allocatedPercent } from "./allocated.ts";
import { fragmentationOf, typicalTasks } from "./fragmentation.ts";
import { furtherSales, spread } from "./sellable-capacity.ts";
import { policies } from "./policies.ts";

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

test("fragmentation, by hand: what the typical task cannot use", () => {
  const demand: readonly TaskDemand[] = [
    { task: task(1, 2, 500), share: 0.5 },
    { task: task(2, 4), share: 0.5 },
  ];
  const measure = fragmentationOf(demand);
  const host = shape(2, 8);
  expect(measure(emptyHost(host))).toBe(0);
  // The part uses both GPUs' rest; nobody needs two whole ones there: 0.5 × 1600.
  expect(measure(state(host, [[1000, 600]]))).toBe(800);
  // 0.4 is of no use to either: 0.5 × 400 + 0.5 × 1400.
  expect(measure(state(host, [[1000, 400]]))).toBe(900);
  // Three cores are too few for the task of two: 0.5 × 2000.
  expect(measure({ ...emptyHost(shape(2, 3)), shape: host })).toBe(1000);
  // On two nodes of one GPU each a task of two is one for the host.
  expect(measure(emptyHost(shape(1, 4, 2)))).toBe(0);
  // On two nodes of two, one free GPU on each is no place for a task of two.
  expect(
    measure(
      state(shape(2, 4, 2), [
        [1000, 0],
        [1000, 0],
      ]),
    ),
  ).toBe(1000);
});

test("typical tasks are the most frequent that make up 95 %", () => {
  const tasks = [0.6, 0.34, 0.02, 0.02, 0.02].map((share, i) => ({ task: task(1, i + 1), share }));
  const typical = typicalTasks(tasks);
  expect(typical.map(({ task: { cpuMilli } }) => cpuMilli)).toEqual([1000, 2000, 3000]);
  expect(typical.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
});

test("further sales, by hand: GPUs in whole VMs, fractions of CPUs down to one VM", () => {
  const sales = (of: Task, host: HostState): number => furtherSales([{ task: of, share: 1 }])(host);
  expect(sales(task(2, 2), emptyHost(shape(5, 100)))).toBe(2 * 4);
  expect(sales(task(1, 4), emptyHost(shape(5, 10)))).toBe(2.5);
  expect(sales(task(1, 11), emptyHost(shape(5, 10)))).toBe(0);
  expect(sales(task(1, 1, 300), state(shape(2, 100), [[1000, 250]]))).toBe(3);
  expect(
    sales(
      task(2, 1),
      state(shape(2, 100, 2), [
        [1000, 0],
        [1000, 0],
      ]),
    ),
  ).toBe(0);
  expect(sales(task(4, 1), emptyHost(shape(2, 100, 2)))).toBe(16);
  expect(sales(task(0, 1), emptyHost(shape(2, 100)))).toBe(0);
});

test("VMs of several cells on nodes with room for whole ones: as many as by trying", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 4 }),
      (rooms, cells) => {
        expect(Math.floor(spread(rooms, cells))).toBe(most(rooms, cells));
      },
    ),
  );
});

/** Takes one cell from each of the fullest nodes as long as there are enough: known to be optimal. */
function most(rooms: readonly number[], cells: number): number {
  let left = [...rooms];
  for (let count = 0; ; count++) {
    left.sort((a, b) => b - a);
    const fullest = left.slice(0, cells);
    if (fullest.length < cells || fullest.some((room) => room < 1)) return count;
    left = [...fullest.map((room) => room - 1), ...left.slice(cells)];
  }
}

test("no way on any host loses less of what could still be sold than Evenkeel's", () => {
  const evenkeel = policies.find(({ name }) => name === "evenkeel");
  fc.assert(
    fc.property(arbitraryWorld, fc.nat(), ({ hosts, demand }, which) => {
      const { task: asked } = demand[which % demand.length] ?? { task: task(1, 1) };
      const states = hosts.map(emptyHost);
      const setting = { hosts: states, demand, random: randomFor(1, "test") };
      const choice = evenkeel?.start(setting).choose(asked) ?? null;
      const sales = furtherSales(demand);
      const losses = states.flatMap((host) =>
        waysOn(host, asked).map((way) => sales(host) - sales(after(host, way))),
      );
      expect(choice === null).toBe(losses.length === 0);
      if (choice === null) return;
      const host = at(states, choice.host);
      const loss = sales(host) - sales(after(host, choice.way));
      expect(loss).toBeCloseTo(Math.min(...losses), 8);
    }),
  );
});

test("packing and spreading go by what is taken of CPUs, memory and, thrice, of GPUs", () => {
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
