import { expect, test } from "vitest";
import { emptyHost, type HostState } from "../fleet/host.ts";
import type { Task } from "../fleet/task.ts";
import type { Allocation } from "../fleet/allocations.ts";
import { hostAfter } from "../fleet/allocations.ts";
import { ordinaryAllocation } from "./ordinary-host.ts";
import { inSignature } from "./signature.ts";

const host = emptyHost({
  model: null,
  nodes: [0, 1].map(() => ({ cpuMilli: 10_000, memoryMib: 100, gpus: 4 })),
});
const task = (gpus: number, cpuMilli: number): Task => ({
  name: "task",
  cpuMilli,
  memoryMib: 10,
  gpus,
  gpuMilli: gpus === 0 ? 0 : 1000,
  models: null,
});
const taken = (state: HostState, one: Task, gpus: readonly number[]): Allocation =>
  ordinaryAllocation(state, one, [
    { node: 0, cpuMilli: one.cpuMilli, memoryMib: one.memoryMib, gpus, gpuMilli: one.gpuMilli },
  ]);

test("GPUs of the pool lie on their own nodes, and CPUs come from the same nodes", () => {
  const two = task(2, 4000);
  const one = taken(host, two, [1, 3]);
  expect(one).toEqual([{ node: 0, cpuMilli: 4000, memoryMib: 10, gpus: [1, 3], gpuMilli: 1000 }]);
  expect(inSignature(host.shape, two, one)).toBe(true);
  const both = taken(host, two, [3, 4]);
  expect(both.map(({ node, gpus, cpuMilli }) => [node, gpus, cpuMilli])).toEqual([
    [0, [3], 2000],
    [1, [0], 2000],
  ]);
  expect(inSignature(host.shape, two, both)).toBe(false);
});

test("CPUs that do not fit on the GPU's node come from another, and the signature is lost", () => {
  const busy = hostAfter(host, taken(host, task(0, 8000), []));
  expect(busy.nodes.map(({ cpuMilli }) => cpuMilli)).toEqual([2000, 10_000]);
  const allocation = taken(busy, task(1, 5000), [0]);
  expect(
    allocation.map(({ node, gpus, cpuMilli, memoryMib }) => [node, gpus, cpuMilli, memoryMib]),
  ).toEqual([
    [0, [0], 2000, 10],
    [1, [], 3000, 0],
  ]);
  expect(inSignature(host.shape, task(1, 5000), allocation)).toBe(false);
});

test("a task without GPUs lies on the node with the most free CPUs", () => {
  const busy = hostAfter(host, taken(host, task(0, 1000), []));
  const allocation = taken(busy, task(0, 9500), []);
  expect(allocation.map(({ node, cpuMilli }) => [node, cpuMilli])).toEqual([[1, 9500]]);
  expect(inSignature(host.shape, task(0, 9500), allocation)).toBe(true);
});
