import { readdirSync, readFileSync } from "node:fs";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";
import { afterEach, expect, test } from "vitest";
import { systemClock } from "../clock/clock.ts";
import { readSysfs } from "../sysfs/read.ts";
import { liveTree } from "../tree/directory-tree.ts";
import { measureMachine, type MeasureOptions } from "./measure.ts";

/** A measurement of this machine that takes as little as can be. */
function measure(part: Partial<MeasureOptions> = {}) {
  return measureMachine(readSysfs(liveTree()), {
    memoryBytes: 96 * MiB,
    timeMs: 4000,
    everyPair: false,
    isGentle: false,
    held: [],
    tree: liveTree,
    clock: systemClock,
    signal: new AbortController().signal,
    version: "0.0.0-test",
    path: process.env["PATH"] ?? "",
    progress: () => undefined,
    ...part,
  });
}

/** The crews that run here and are ours. */
function crews(): readonly string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const isCrew = readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("measure/crew/main");
        const parent = /^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
        return isCrew && parent === `${process.pid}`;
      } catch {
        return false;
      }
    });
}

afterEach(() => expect(crews()).toEqual([]));

test("figures of this machine, with the kernel's word for where they were taken", async () => {
  const { memory, tool, topologyDigest, conditions, warnings } = await measure();
  expect(topologyDigest).toMatch(/^sha256:/);
  expect(tool).toMatchObject({ name: "evenkeel", version: "0.0.0-test" });
  expect(conditions.isGentle).toBe(false);
  // Where caches are larger than the memory that may be taken, that is said in place of figures.
  if (memory.length === 0) return expect(warnings.join()).toContain("past the caches");
  const [first] = memory;
  const { median, least, most } = first?.readLatencyNs ?? { median: 0, least: 0, most: 0 };
  expect(median).toBeGreaterThan(1);
  expect(least <= median && median <= most).toBe(true);
  const pages = first?.witness?.pages ?? [];
  expect(pages.map(({ node }) => node)).toEqual([first?.target]);
  expect(sumOf(pages, ({ count }) => count)).toBeGreaterThan(0);
});

test("interrupted, it says so, keeps what it has and leaves nothing behind", async () => {
  const controller = new AbortController();
  let running: readonly string[] = [];
  const { memory, warnings } = await measure({
    timeMs: 60_000,
    signal: controller.signal,
    progress: () => {
      const look = setInterval(() => {
        running = crews();
        if (running.length === 0) return;
        clearInterval(look);
        controller.abort();
      }, 20);
    },
  });
  expect(running).toHaveLength(1);
  expect(memory).toEqual([]);
  expect(warnings.join()).toContain("interrupted");
});

test("a time that is too short for anything is told, and nothing is begun", async () => {
  const { memory, warnings } = await measure({ timeMs: 100 });
  expect(memory).toEqual([]);
  expect(warnings.join()).toContain("the time is too short");
});
