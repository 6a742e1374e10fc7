import { expect, test } from "vitest";
import { calibrationContradictions } from "./contradictions.ts";
import { emptyCalibration } from "./empty.ts";

const figures = {
  initiator: 0,
  target: 1,
  readLatencyNs: { median: 90, least: 80, most: 100, samples: 9 },
  oneCore: null,
  allCores: null,
  pageBytes: null,
  witness: null,
};

test("a spread has its median inside, and a pair is told once", () => {
  const sound = { ...emptyCalibration("mlc"), memory: [figures, { ...figures, target: null }] };
  expect(calibrationContradictions(sound)).toEqual([]);
  const outside = { ...figures, target: 2, readLatencyNs: { ...figures.readLatencyNs, least: 95 } };
  expect(calibrationContradictions({ ...sound, memory: [figures, outside, figures] })).toEqual([
    { path: "memory[1].readLatencyNs", message: "its median 90 is not between 95 and 100" },
    { path: "memory[2]", message: "it is of the same as memory[0]" },
  ]);
});
