import { expect, test } from "vitest";
import { measuredOn, once } from "../../testing/calibration/measured-on.ts";
import { syntheticTopology } from "../topology/synthetic/build.ts";
import { combinedCalibrations } from "./combined.ts";

const machine = syntheticTopology("package:2 core:4 memory:64Gi root[gpu:l40s]");
const latencies = measuredOn(machine, { latencyNs: (a, b) => (a === b ? 80 : 140) });
const byMlc = { ...latencies, tool: { ...latencies.tool, name: "mlc" } };
const copies = measuredOn(machine, { copyBytesPerSecond: () => 26e9 });
const byNvbandwidth = { ...copies, memory: [], tool: { ...copies.tool, name: "nvbandwidth" } };

test("what only one of two tools measured stands beside the other's", () => {
  for (const [kept, fresh] of [
    [byMlc, byNvbandwidth],
    [byNvbandwidth, byMlc],
  ] as const) {
    const { calibration, lost } = combinedCalibrations(kept, fresh);
    expect(lost).toEqual([]);
    expect([calibration.memory, calibration.copies]).toEqual([byMlc.memory, byNvbandwidth.copies]);
    expect(calibration.tool.name).toBe(`${kept.tool.name}, ${fresh.tool.name}`);
  }
});

test("the same tool's runs are one, entry by entry, and the new figures count", () => {
  const onNode = (node: number) => byNvbandwidth.copies.filter((one) => one.node === node);
  const kept = { ...byNvbandwidth, copies: byNvbandwidth.copies };
  const slower = onNode(0).map((one) => ({ ...one, hostToDeviceBytesPerSecond: once(20e9) }));
  const fresh = { ...byNvbandwidth, copies: slower };
  const { calibration, lost } = combinedCalibrations(kept, fresh);
  expect(lost).toEqual([]);
  expect(calibration.copies).toEqual([...slower, ...onNode(1)]);
});

test("another tool's matrix with gaps loses what the kept one knows, and says so", () => {
  const less = { ...latencies, memory: latencies.memory.slice(0, 1) };
  const { calibration, lost } = combinedCalibrations(byMlc, less);
  expect(calibration.memory).toEqual(less.memory);
  expect(lost).toEqual(["figures of memory by mlc, of which 3 are not in the new one"]);
  expect(combinedCalibrations(less, byMlc).lost).toEqual([]);
});

test("emulated times take the place of none, and real ones of emulated", () => {
  const emulated = { ...latencies, conditions: { ...latencies.conditions, isEmulated: true } };
  expect(combinedCalibrations(emulated, byMlc)).toEqual({ calibration: byMlc, lost: [] });
  expect(combinedCalibrations(byMlc, emulated)).toEqual({
    calibration: emulated,
    lost: ["figures of real CPUs, in favor of emulated ones"],
  });
});
