import type { MemoryFigures } from "@evenkeel/core/calibration/calibration.ts";
import { expect, test } from "vitest";
import { wrongDistances } from "./shown-distances.ts";

/** Latencies from node 0, with the spread around each. */
function latencies(medians: readonly number[], spread = 2): readonly MemoryFigures[] {
  return medians.map((median, target) => ({
    initiator: 0,
    target,
    readLatencyNs: { median, least: median - spread, most: median + spread, samples: 10 },
    oneCore: null,
    allCores: null,
    pageBytes: null,
    witness: null,
  }));
}

const told = (medians: readonly number[], row: readonly number[], spread?: number) =>
  wrongDistances(latencies(medians, spread), [row], [...row.keys()]);

test("distances that hold are not told of", () => {
  expect(told([90, 140], [10, 21])).toEqual([]);
  // Of nodes of one socket, a few nanoseconds make a distance.
  expect(told([90, 95, 140], [10, 11, 21])).toEqual([]);
  expect(told([90, 94], [10, 10])).toEqual([]);
  expect(wrongDistances(latencies([90, 140]), null, [0, 1])).toEqual([]);
});

test("farther and not slower, and equal and slower, are told with their numbers", () => {
  expect(told([90, 91], [10, 21])).toEqual([
    "from CPUs of node 0, node 1 is shown farther than node 0 (21, not 10), and is not slower: 91 ns, and 90 ns",
  ]);
  expect(told([90, 140], [10, 10])).toEqual([
    "from CPUs of node 0, nodes 0 and 1 are shown equally far (10), and node 1 is slower: 140 ns, not 90 ns",
  ]);
  expect(told([140, 90], [10, 21])).toHaveLength(1);
});

test("of figures that spread too much nothing is said but that", () => {
  expect(told([90, 91], [10, 21], 40)).toEqual([
    "the latencies of 0-0, 0-1 spread too much to say whether the shown distances hold there",
  ]);
});
