import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import { GiB, MiB } from "@evenkeel/core/unit/bytes.ts";
import { expect, test } from "vitest";
import { memoryTree } from "../../tree/memory-tree.ts";
import { readCpuTimes, shareBetween } from "./cpu-times.ts";
import { surveyMachine } from "./survey.ts";

const topology: Topology = syntheticTopology(
  "package:2 core:4 thread:2 memory:32Gi distances:10/21",
  "two",
);

/** /proc/stat, in which each CPU has been busy for its part of a hundred ticks. */
const stat = (busy: Readonly<Record<number, number>>): string =>
  Array.from({ length: 16 }, (_, cpu) => {
    const ticks = busy[cpu] === undefined ? 0 : busy[cpu];
    return `cpu${cpu} ${ticks} 0 0 ${100 - ticks} 0 0 0 0 0 0`;
  }).join("\n");

const meminfo = (node: number, freeKiB: number): string =>
  `Node ${node} MemFree: ${freeKiB} kB\nNode ${node} Inactive(file): 1048576 kB\n`;

function tree(files: Readonly<Record<string, string>> = {}) {
  const all = {
    "/proc/stat": stat({ 0: 60, 9: 90 }),
    "/proc/self/status": "Cpus_allowed_list:\t0-15\nMems_allowed_list:\t0-1\n",
    "/sys/devices/system/node/node0/meminfo": meminfo(0, 8 * 1048576),
    "/sys/devices/system/node/node1/meminfo": meminfo(1, 4 * 1048576),
    ...files,
  };
  return treeOf(all);
}

const treeOf = (files: Readonly<Record<string, string>>) =>
  memoryTree(new Map(Object.entries(files)), new Map(), "test");

const before = new Map(
  Array.from({ length: 16 }, (_, cpu) => [cpu, { all: 0, busy: 0, steal: 0 }] as const),
);

const survey = (part: Partial<Parameters<typeof surveyMachine>[0]> = {}) =>
  surveyMachine({
    topology,
    tree: tree(),
    before,
    held: [],
    isGentle: false,
    isEmulated: false,
    ...part,
  });

test("one CPU of each core, the idlest first, and memory with a margin", () => {
  const { machine, notes } = survey();
  expect(notes).toEqual([]);
  // CPU 0 is a thread of a core, and 9 of the next one, which is busier.
  const [first, second] = machine.nodes;
  expect(first?.cpus.slice(-2)).toEqual([0, 1]);
  expect([first?.cpus.length, second?.cpus.length]).toEqual([4, 4]);
  expect([first?.freeBytes, second?.freeBytes]).toEqual([7 * GiB, 3 * GiB]);
  expect(survey({ isGentle: true }).machine.nodes.map(({ freeBytes }) => freeBytes)).toEqual([
    6 * GiB,
    2 * GiB,
  ]);
});

test("cpusets leave out CPUs and memory, which is told", () => {
  const status = "Cpus_allowed_list:\t1-2\nMems_allowed_list:\t1\n";
  const { machine, notes } = survey({ tree: tree({ "/proc/self/status": status }) });
  const allowed = machine.nodes.flatMap(({ cpus }) => cpus);
  expect(allowed.every((cpu) => cpu === 1 || cpu === 2)).toBe(true);
  expect(machine.nodes.map(({ freeBytes }) => freeBytes > 0)).toEqual([false, true]);
  expect(notes).toContain("memory of node 0 may not be used here: its cpuset leaves it out");
  expect(notes.some((note) => /of the 4 cores of node 0 may be used here/.test(note))).toBe(true);
});

test("gently: no core that is busy or a VM's, and no load on nodes that VMs are on", () => {
  const core = topology.cores.find(({ node }) => node === 1);
  const held = [
    {
      vcpus: [{ count: 2, cpus: `${core?.cpus}` }],
      memory: [{ node: 1, pageBytes: 2 * MiB, bytes: GiB }],
    },
  ];
  const { machine, notes } = survey({ isGentle: true, held });
  const used = machine.nodes.map(({ cpus, mayBeLoaded }) => [cpus.length, mayBeLoaded]);
  // One core of node 0 is busy, on one thread or the other; one of node 1 is a VM's.
  expect(used.every(([, mayBeLoaded]) => mayBeLoaded === false)).toBe(true);
  expect(
    machine.nodes[1]?.cpus.some((cpu) => `${core?.cpus}`.split(/[,-]/).includes(`${cpu}`)),
  ).toBe(false);
  expect(notes.length).toBeGreaterThan(0);
  // A vCPU that may run everywhere is nowhere in particular.
  const floating = [{ vcpus: [{ count: 2, cpus: "0-15" }], memory: [] }];
  expect(survey({ isGentle: true, held: floating }).machine.nodes[1]?.cpus.length).toBeGreaterThan(
    2,
  );
});

test("steal is no work, and guests' time is not counted twice", () => {
  const times = (text: string) => readCpuTimes(treeOf({ "/proc/stat": text }));
  const [first, last] = [
    times("cpu 9 9 9 9 9 9 9 9 9 9\ncpu3 100 10 20 300 5 1 2 40 60 3"),
    times("cpu3 110 10 20 370 5 1 2 60 66 3"),
  ];
  expect(shareBetween(first, last, [3], "busy")).toBeCloseTo(0.1);
  expect(shareBetween(first, last, [3], "steal")).toBeCloseTo(0.2);
  expect(shareBetween(first, last, [4], "busy")).toBeNull();
});
