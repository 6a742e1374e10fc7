import { expect, test } from "vitest";
import { systemClock } from "../clock/clock.ts";
import { liveTree } from "../tree/directory-tree.ts";
import { binderOf, canPlace } from "./binding-way.ts";
import { type CellSetting, cellRun, endOfRun } from "./run-cells.ts";
import { type Cell } from "./plan/plan-cells.ts";

const setting: CellSetting = {
  way: "threads",
  isGentle: true,
  isCursory: false,
  seed: 1,
  tree: liveTree,
  clock: { ...systemClock, monotonicMs: () => 1000 },
  untilMs: 2000,
  signal: new AbortController().signal,
};

test("gently, load that comes and stays ends it; otherwise it goes on", () => {
  const run = cellRun(setting);
  expect(endOfRun(run)).toBeNull();
  run.disturbed = 2;
  expect(endOfRun(run)).toBeNull();
  run.disturbed = 3;
  expect(endOfRun(run)).toBe("load");
  expect(endOfRun({ ...run, setting: { ...setting, isGentle: false } })).toBeNull();
});

test("an interrupt and the end of the time end it, whatever else", () => {
  expect(endOfRun(cellRun({ ...setting, signal: AbortSignal.abort() }))).toBe("interrupted");
  expect(endOfRun(cellRun({ ...setting, untilMs: 999 }))).toBe("late");
});

test("who cannot bind memory measures none of another node", () => {
  const cell = (target: number): Cell => ({
    kind: "one-core",
    initiator: 0,
    target,
    cpus: [2, 3],
    bytes: [1, 1],
    fromReserved: false,
    figures: [],
    windows: 1,
    windowMs: 1,
    estimatedMs: 1,
  });
  const ways = ["threads", "numactl", "taskset", "nothing"] as const;
  expect(ways.map((way) => canPlace(way, cell(1), 2))).toEqual([true, true, false, false]);
  expect(ways.map((way) => canPlace(way, cell(0), 2))).toEqual([true, true, true, false]);
  expect(ways.map((way) => canPlace(way, cell(0), 1))).toEqual([true, true, true, true]);
  expect(ways.map((way) => binderOf(way, cell(1)).join(" "))).toEqual([
    "",
    "numactl --physcpubind=2,3 --membind=1 --",
    "taskset -c 2,3",
    "",
  ]);
});
