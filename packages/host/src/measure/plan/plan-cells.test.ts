import { at } from "@evenkeel/core/unit/list.ts";
import { GiB, MiB } from "@evenkeel/core/unit/bytes.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { MeasurableMachine, MeasurableNode } from "./machine.ts";
import { type Cell, hurried, planCells } from "./plan-cells.ts";

const node = (id: number, part: Partial<MeasurableNode> = {}): MeasurableNode => ({
  id,
  cpus: [4 * id, 4 * id + 1, 4 * id + 2, 4 * id + 3],
  coreCount: 4,
  freeBytes: 16 * GiB,
  freeHugeBytes: 0,
  coreCacheBytes: 32 * MiB,
  nodeCacheBytes: 32 * MiB,
  mayBeLoaded: true,
  ...part,
});

const limits = { memoryBytes: 4 * GiB, timeMs: 60_000, everyPair: false, isCursory: false };

const pairsOf = (cells: readonly Cell[], figure: Cell["figures"][number]): readonly string[] =>
  cells
    .filter(({ figures }) => figures.includes(figure))
    .map(({ kind, initiator, target }) => `${kind} ${initiator}-${target}`);

test("two nodes: every pair, and curves of the near and the far one", () => {
  const machine: MeasurableMachine = {
    nodes: [node(0), node(1)],
    distances: [
      [10, 21],
      [21, 10],
    ],
  };
  const { cells, leftOut } = planCells(machine, limits);
  expect(leftOut).toEqual([]);
  const pairs = ["0-0", "1-1", "0-1", "1-0"];
  expect(pairsOf(cells, "latency")).toEqual(pairs.map((pair) => `one-core ${pair}`));
  expect(pairsOf(cells, "copy")).toEqual(
    ["one-core", "all-cores"].flatMap((kind) => pairs.map((pair) => `${kind} ${pair}`)),
  );
  expect(pairsOf(cells, "loaded")).toEqual(pairs.map((pair) => `all-cores ${pair}`));
  // Eight caches for a chase, as many of them as can be met again are gone by then.
  expect(at(cells, 0)).toMatchObject({ bytes: [256 * MiB], windows: 10 });
});

test("curves are of the own, the nearest and the farthest memory, and of all when asked", () => {
  const distances = [0, 1, 2, 3].map((i) => [0, 1, 2, 3].map((j) => 10 + 5 * Math.abs(i - j)));
  const machine = { nodes: [0, 1, 2, 3].map((id) => node(id)), distances };
  const curves = (everyPair: boolean): readonly string[] =>
    pairsOf(planCells(machine, { ...limits, timeMs: 600_000, everyPair }).cells, "loaded");
  expect(curves(false).filter((pair) => pair.includes(" 0-"))).toEqual([
    "all-cores 0-0",
    "all-cores 0-1",
    "all-cores 0-3",
  ]);
  expect(curves(true)).toHaveLength(16);
});

test("where times mean nothing, each pair is measured as little as can be, and no curve", () => {
  const machine = { nodes: [node(0, { coreCacheBytes: 0, nodeCacheBytes: 0 })], distances: null };
  const { cells } = planCells(machine, { ...limits, isCursory: true });
  expect(cells.map(({ kind, bytes, windows }) => [kind, at(bytes, 0), windows])).toEqual([
    ["one-core", 8 * MiB, 3],
    ["all-cores", 8 * MiB, 3],
  ]);
  expect(pairsOf(cells, "loaded")).toEqual([]);
});

test("nodes without memory, without CPUs and with one core have what they can have", () => {
  const machine = {
    nodes: [
      node(0, { cpus: [0], coreCount: 1 }),
      node(1, { freeBytes: 0 }),
      node(2, { cpus: [], coreCount: 0 }),
    ],
    distances: null,
  };
  const { cells } = planCells(machine, limits);
  const pairs = ["0-0", "0-2", "1-0", "1-2"];
  expect(pairsOf(cells, "latency").toSorted()).toEqual(pairs.map((pair) => `one-core ${pair}`));
  expect(pairsOf(cells, "loaded").toSorted()).toEqual(["all-cores 1-0", "all-cores 1-2"]);
});

test("what is left out for want of memory, of time and of quiet is told", () => {
  const told = (part: Partial<MeasurableNode>, more: Partial<typeof limits> = {}): string =>
    planCells({ nodes: [node(0, part)], distances: [[10]] }, { ...limits, ...more }).leftOut.join();
  expect(told({ freeBytes: 60 * MiB })).toContain("not past the caches");
  expect(told({ mayBeLoaded: false })).toContain("would disturb");
  expect(told({}, { timeMs: 1200 })).toContain("the time is too short for");
  expect(told({ nodeCacheBytes: 2 * GiB }, { memoryBytes: 512 * MiB })).toContain("them all");
});

/** Machines as odd as they come. */
const someMachine = fc
  .array(
    fc.record({
      cores: fc.nat(9),
      hidden: fc.nat(3),
      free: fc.nat(8 * 1024),
      cache: fc.option(fc.integer({ min: 1, max: 600 })),
      caches: fc.integer({ min: 1, max: 4 }),
      mayBeLoaded: fc.boolean(),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((nodes): MeasurableMachine => {
    const made = nodes.map(({ cores, hidden, free, cache, caches, mayBeLoaded }, id) =>
      node(id, {
        cpus: Array.from({ length: cores }, (_, i) => 16 * id + i),
        coreCount: cores + hidden,
        freeBytes: free * MiB,
        coreCacheBytes: cache === null ? null : cache * MiB,
        nodeCacheBytes: cache === null ? null : cache * caches * MiB,
        mayBeLoaded,
      }),
    );
    return { nodes: made, distances: null };
  });

test("no plan takes more memory than the limit or the node has, nor more time", () => {
  fc.assert(
    fc.property(
      someMachine,
      fc.integer({ min: 64, max: 8192 }),
      fc.integer({ min: 100, max: 200_000 }),
      fc.boolean(),
      fc.boolean(),
      (machine, memory, timeMs, everyPair, isCursory) => {
        const bounds = { memoryBytes: memory * MiB, timeMs, everyPair, isCursory };
        const plan = planCells(machine, bounds);
        expect(plan.estimatedMs).toBeLessThanOrEqual(timeMs);
        expect(plan.estimatedMs).toBeCloseTo(sumOf(plan.cells, (one) => one.estimatedMs));
        expect(plan.memoryBytes).toBeLessThanOrEqual(bounds.memoryBytes);
        for (const cell of plan.cells) {
          const [initiator, target] = [cell.initiator, cell.target].map((id) =>
            at(machine.nodes, id),
          );
          const bytes = sumOf(cell.bytes, (one) => one);
          expect(bytes).toBeLessThan(Math.min(bounds.memoryBytes, Number(target?.freeBytes)));
          expect(cell.bytes).toHaveLength(cell.cpus.length);
          expect(cell.bytes.every((one) => one > 0 && one % (2 * MiB) === 0 && one < 2 ** 32)).toBe(
            true,
          );
          // Every thread on a CPU of its own that may be used.
          expect(new Set(cell.cpus).size).toBe(cell.cpus.length);
          expect(cell.cpus.every((cpu) => initiator?.cpus.includes(cpu))).toBe(true);
          // Past the caches that its threads fill.
          const cache = Number(initiator?.coreCacheBytes);
          expect(at(cell.bytes, 0)).toBeGreaterThanOrEqual(2 * cache);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test("a hurried cell measures less often, and at least as often as the least", () => {
  const { cells } = planCells({ nodes: [node(0)], distances: [[10]] }, limits);
  const cell = at(cells, 0);
  expect(hurried(cell, 2)).toBe(cell);
  expect(hurried(cell, 0.5)).toMatchObject({ windows: 5, windowMs: 15 });
  expect(hurried(cell, 0)).toMatchObject({ windows: 3, windowMs: 15 });
});
