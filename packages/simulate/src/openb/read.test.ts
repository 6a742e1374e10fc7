import { expect, test } from "vitest";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { randomFor } from "../random.ts";
import { gpuCapacity } from "../run/statistics.ts";
import { readOpenbNodes } from "./read-nodes.ts";
import { readOpenbTasks } from "./read-tasks.ts";
import { openbArrivals } from "./arrivals.ts";
import { openbScenario, withNodes } from "./scenario.ts";

const nodes = [
  "sn,cpu_milli,memory_mib,gpu,model",
  "node-1,96000,393216,8,G2",
  "node-0,64000,262144,2,P100",
  "node-2,96000,393216,8,G2",
  "node-3,32000,262144,0,",
  "",
].join("\n");
const tasks = [
  "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec",
  "a,12000,16384,1,1000,",
  "b,6000,12288,1,460,P100|G2",
  "c,12000,16384,1,1000,",
  "d,64000,262144,8,1000,__proto__",
  "e,4000,1000,0,0,",
].join("\r\n");

test("nodes with GPUs are sorted by name, and equal nodes share a shape", () => {
  const hosts = readOpenbNodes(nodes, "nodes.csv");
  expect(hosts.map(({ model }) => model)).toEqual(["P100", "G2", "G2"]);
  expect(hosts[1]).toBe(hosts[2]);
  expect(hosts[0]?.nodes).toEqual([{ cpuMilli: 64_000, memoryMib: 262_144, gpus: 2 }]);
});

test("tasks are read in their order, and tasks that ask for the same are one object", () => {
  const read = readOpenbTasks(tasks, "pods.csv");
  expect(read.map(({ gpus, gpuMilli }) => [gpus, gpuMilli])).toEqual([
    [1, 1000],
    [1, 460],
    [1, 1000],
    [8, 1000],
    [0, 0],
  ]);
  expect(read[0]).toBe(read[2]);
  expect(read.map(({ models }) => models)).toEqual([
    null,
    ["P100", "G2"],
    null,
    ["__proto__"],
    null,
  ]);
  const [host] = readOpenbNodes(nodes, "nodes.csv");
  const scenario = openbScenario("test", host === undefined ? [] : [host], read);
  expect(scenario.demand.map(({ share }) => share)).toEqual([0.4, 0.2, 0.2, 0.2]);
});

test("a malformed list is refused with the line", () => {
  const failure = (read: () => unknown): EvenkeelError | null => {
    try {
      read();
      return null;
    } catch (error) {
      return error instanceof EvenkeelError ? error : null;
    }
  };
  const odd: readonly (readonly [string, string])[] = [
    ["", "list:1"],
    ["sn,cpu_milli,memory_mib,gpu\n", "list:1"],
    [nodes.replace("96000", "-1"), "list:2"],
    [nodes.replace("96000", "1e3"), "list:2"],
    [nodes.replace(",8,", ",800,"), "list:2"],
    [nodes.replace("64000,", ""), "list:3"],
    ["sn,cpu_milli,memory_mib,gpu,model\n", "list"],
    [`sn,cpu_milli,memory_mib,gpu,model\n${"a,1,1,1,A\n".repeat(12_001)}`, "list"],
    [`sn,cpu_milli,memory_mib,gpu,model\n${"\n".repeat(200_000)}`, "list"],
  ];
  for (const [text, where] of odd) {
    const error = failure(() => readOpenbNodes(text, "list"));
    expect([error?.code, error?.where], text).toEqual(["trace-malformed", where]);
  }
  expect(
    failure(() => readOpenbTasks("cpu_milli,memory_mib,num_gpu,gpu_milli", "list"))?.code,
  ).toBe("trace-malformed");
});

test("tasks arrive in random order until they have asked for 130 % of the GPUs", () => {
  const read = readOpenbTasks(tasks, "pods.csv");
  const hosts = readOpenbNodes(nodes, "nodes.csv");
  const capacity = gpuCapacity(hosts);
  expect(capacity).toBe(18_000);
  const sumOf = (seed: number): number =>
    openbArrivals(read, capacity, randomFor(seed, "test")).reduce(
      (sum, { task }) => sum + task.gpus * task.gpuMilli,
      0,
    );
  for (let seed = 0; seed < 50; seed++) {
    expect(sumOf(seed)).toBeGreaterThan(1.3 * capacity - 8000);
    expect(sumOf(seed)).toBeLessThanOrEqual(1.3 * capacity);
  }
  // Tasks beyond 130 % are removed.
  expect(openbArrivals(read, 2000, randomFor(1, "test")).every(({ task }) => task.gpus < 8)).toBe(
    true,
  );
});

test("hosts of eight GPUs get two nodes of four, other hosts stay as they are", () => {
  const scenario = withNodes(
    openbScenario("test", readOpenbNodes(nodes, "nodes.csv"), readOpenbTasks(tasks, "pods.csv")),
  );
  expect(scenario.hosts.map((shape) => shape.nodes.length)).toEqual([1, 2, 2]);
  expect(scenario.hosts[1]?.nodes[1]).toEqual({ cpuMilli: 48_000, memoryMib: 196_608, gpus: 4 });
  expect(scenario.hosts[1]).toBe(scenario.hosts[2]);
});
