import { expect, test } from "vitest";
import type { Seen } from "./crew/protocol.ts";
import {
  bytesPerSecond,
  hopNs,
  loadedPoint,
  measured,
  othersShare,
  witnessOf,
} from "./measured.ts";
import type { Cell } from "./plan/plan-cells.ts";

const seen: Seen = {
  threads: [{ allowed: "4", on: 4 }],
  memory: [{ node: 1, bytes: 8192 }],
  hugeBytes: 0,
  kernelPageBytes: 4096,
};
const cell: Cell = {
  kind: "one-core",
  initiator: 0,
  target: 1,
  cpus: [4, 5],
  bytes: [8192, 8192],
  fromReserved: false,
  figures: ["latency"],
  windows: 1,
  windowMs: 1,
  estimatedMs: 1,
};
const done = (amount: number, ns: number, waitedNs: number | null = 0) => {
  return { amount, ns, waitedNs, isRight: true };
};

test("the time in which others had the CPU is no time of memory, and is told", () => {
  const window = { done: [done(1000, 400_000, 300_000)], seen };
  expect(hopNs(window)).toBe(100);
  expect(bytesPerSecond(window)).toBeCloseTo(1e7);
  expect(othersShare([window])).toBe(0.75);
  expect(othersShare([{ done: [done(1, 1, null)], seen }])).toBeNull();
});

test("threads add up, and under load a hop counts as the line that it reads", () => {
  const window = { done: [done(1000, 100_000), done(100_000, 50_000)], seen };
  expect(bytesPerSecond(window)).toBeCloseTo(1e7 + 2e9);
  expect(loadedPoint([window])).toEqual({ latencyNs: 100, bytesPerSecond: 64e7 + 2e9 });
});

test("the median is that, of an even number too, with the least and the most", () => {
  expect(measured([5, 1, 3])).toEqual({ median: 3, least: 1, most: 5, samples: 3 });
  expect(measured([4, 1, 3, 2]).median).toBe(2.5);
});

test("a witness has CPUs and pages; threads or pages elsewhere are told", () => {
  const of = (part: Partial<Seen>, isBound = true) =>
    witnessOf([{ done: [], seen: { ...seen, ...part } }], cell, isBound);
  expect(of({})).toEqual({ witness: { cpus: "4", pages: [{ node: 1, count: 2 }] }, astray: null });
  expect(of({ threads: [{ allowed: "4-6", on: 5 }] }).astray).toContain("might on 4-6");
  expect(of({ threads: [{ allowed: "4", on: 7 }] }).astray).toContain("on CPUs 7");
  expect(of({ threads: [{ allowed: "0-7", on: 7 }] }, false).astray).toBeNull();
  const memory = [
    { node: 1, bytes: 4096 },
    { node: 0, bytes: 4096 },
  ];
  expect(of({ memory }).astray).toBe("1 pages were on node 0");
});
