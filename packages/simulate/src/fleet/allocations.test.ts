import { expect, test } from "vitest";
import { cellsOf } from "./cells.ts";
import { emptyHost, type HostShape } from "./host.ts";
import type { Task } from "./task.ts";
import { hostAfter, allocationsOn } from "./allocations.ts";

const host: HostShape = {
  model: "A",
  nodes: [0, 1].map(() => ({ cpuMilli: 48_000, memoryMib: 196_608, gpus: 4 })),
};
const task = (gpus: number, cpuMilli: number, gpuMilli = gpus === 0 ? 0 : 1000): Task => ({
  name: "task",
  cpuMilli,
  memoryMib: 1000,
  gpus,
  gpuMilli,
  models: null,
});

test("a task with GPUs takes the fewest nodes that have enough GPUs, a task without GPUs the fewest that hold it", () => {
  const cells = (one: Task) => cellsOf(host, one)?.map(({ gpus, cpuMilli }) => [gpus, cpuMilli]);
  expect(cells(task(4, 40_000))).toEqual([[4, 40_000]]);
  expect(cells(task(8, 80_000))).toEqual([
    [4, 40_000],
    [4, 40_000],
  ]);
  expect(cells(task(5, 10_000))).toEqual([
    [3, 6000],
    [2, 4000],
  ]);
  expect(cells(task(0, 48_000))).toEqual([[0, 48_000]]);
  expect(cells(task(0, 50_000))).toEqual([
    [0, 25_000],
    [0, 25_000],
  ]);
  // The GPU is on one node, and the CPUs do not fit there.
  expect(cells(task(1, 50_000))).toBeUndefined();
  expect(cells(task(9, 1000))).toBeUndefined();
  expect(cells(task(0, 97_000))).toBeUndefined();
});

test("allocations differ in their nodes and in the amount left on a GPU", () => {
  const empty = emptyHost(host);
  const places = (state: typeof empty, one: Task) =>
    allocationsOn(state, one).map((allocation) => allocation.map(({ node, gpus }) => [node, gpus]));
  expect(places(empty, task(2, 1000))).toEqual([[[0, [0, 1]]], [[1, [0, 1]]]]);
  expect(places(empty, task(8, 8000))).toEqual([
    [
      [0, [0, 1, 2, 3]],
      [1, [0, 1, 2, 3]],
    ],
  ]);
  expect(places(empty, task(5, 1000))).toEqual([
    [
      [0, [0, 1, 2]],
      [1, [0, 1]],
    ],
    [
      [1, [0, 1, 2]],
      [0, [0, 1]],
    ],
  ]);
  const [allocation] = allocationsOn(empty, task(1, 1000, 300));
  const shared = hostAfter(empty, allocation ?? []);
  expect(shared.nodes[0]?.gpuMilli).toEqual([700, 1000, 1000, 1000]);
  expect(places(shared, task(1, 1000, 600))).toEqual([[[0, [0]]], [[0, [1]]], [[1, [0]]]]);
  expect(places(shared, task(1, 1000, 800))).toEqual([[[0, [1]]], [[1, [0]]]]);
  expect(places(shared, task(4, 1000))).toEqual([[[1, [0, 1, 2, 3]]]]);
  expect(hostAfter(shared, allocation ?? [], 1)).toEqual(empty);
});

test("a task gets no GPU of a model that it does not accept; a task without GPUs fits any model", () => {
  const only = { ...task(1, 1000), models: ["B"] };
  expect(allocationsOn(emptyHost(host), only)).toEqual([]);
  expect(allocationsOn(emptyHost(host), { ...only, gpus: 0, gpuMilli: 0 })).toHaveLength(2);
});
