import { expect, test } from "vitest";
import { measuredOn } from "../../../testing/calibration/measured-on.ts";
import type { Calibration, LoadedPoint, Measured } from "../../calibration/calibration.ts";
import { emptyCalibration } from "../../calibration/empty.ts";
import { syntheticTopology } from "../../topology/synthetic/build.ts";
import { drawCalibration } from "./calibration-svg.ts";
import { calibrationText } from "./calibration-text.ts";
import { kneeOf } from "./knee.ts";

const spread = (value: Measured | null): Measured | null =>
  value === null
    ? null
    : { median: value.median, least: value.median * 0.99, most: value.median * 1.03, samples: 9 };

/** A machine of so many nodes in two packages, with everything measured but one pair. */
function example(nodes: number): Calibration {
  const machine = syntheticTopology(
    `package:2 node:${nodes / 2} core:4 memory:64Gi root[gpu:h100-sxm]`,
    "hgx-17",
  );
  const isNear = (a: number, b: number): boolean => a < nodes / 2 === b < nodes / 2;
  const measured = measuredOn(machine, {
    latencyNs: (a, b) => (a === b ? 80.8 : isNear(a, b) ? 92.5 : 140.4),
    bytesPerSecond: (a, b) => (isNear(a, b) ? 113.1e9 : 34.3e9),
    copyBytesPerSecond: (_, node) => (node === 0 ? 55.25e9 : 45.5e9),
  });
  const curve = (target: number, peak: number): Calibration["loaded"][number] => ({
    initiator: 0,
    target,
    points: [0.02, 0.2, 0.4, 0.6, 0.8, 0.95, 1].map((load, i) => ({
      bytesPerSecond: peak * load,
      latencyNs: i < 5 ? 80 + 30 * load : 150 + 150 * (i - 5),
    })),
  });
  return {
    ...measured,
    memory: measured.memory.map((one) => ({
      ...one,
      readLatencyNs: one.initiator === 1 && one.target === 0 ? null : spread(one.readLatencyNs),
    })),
    total: [
      {
        traffic: "reads",
        threads: 16,
        bytesPerSecond: { median: 2e11, least: 2e11, most: 2e11, samples: 1 },
      },
    ],
    loaded: [curve(0, 113e9), curve(nodes - 1, 34e9)],
    conditions: { ...measured.conditions, stealShare: 0.14, isInGuest: true },
    warnings: ["node 1 to node 0 was left out: its pages lay on node 1"],
  };
}

test("as text, in lines of 80 columns", () => {
  const text = calibrationText(example(2));
  expect(text).toMatchInlineSnapshot(`
    "What distance costs on hgx-17, measured by evenkeel on 2026-01-31 12:00 UTC
    made up
    measured inside a VM
    this machine was busy: 14 % steal

    idle read latency (ns); rows: node of the CPUs, columns: node of the memory
                0      1
         0   80.8  140.4
         1      ?   80.8
      other nodes take 1.74 times as long; each within 3.0 % of its median

    read bandwidth, all cores of a node (GB/s); rows: node of the CPUs, columns:
      node of the memory
                0      1
         0  113.1   34.3
         1   34.3  113.1
      other nodes give 3.30 times less; each printed once: no spread is known

    copies to accelerators (GB/s); rows: node of the memory, columns: accelerator
            16:00.0  27:00.0
         0     55.3     55.3
         1     45.5     45.5
      each printed once: no spread is known

    bandwidth of all cores together (GB/s), 16 threads
      reads                 200.0

    latency under load, node 0, own memory (ns at GB/s)
         2.26     80.6  ███████████
         22.6     86.0  ███████████
         45.2     92.0  ████████████
         67.8     98.0  █████████████
         90.4    104.0  ██████████████  knee
        107.3    150.0  ████████████████████
        113.0    300.0  ████████████████████████████████████████

    latency under load, node 0, memory of node 1 (ns at GB/s)
        0.680     80.6  ███████████
         6.80     86.0  ███████████
         13.6     92.0  ████████████
         20.4     98.0  █████████████
         27.2    104.0  ██████████████  knee
         32.3    150.0  ████████████████████
         34.0    300.0  ████████████████████████████████████████

    note: node 1 to node 0 was left out: its pages lay on node 1
    "
  `);
  for (const nodes of [2, 4, 8, 32]) {
    const lines = calibrationText(example(nodes), 80).split("\n");
    expect(lines.filter((line) => Array.from(line).length > 80)).toEqual([]);
  }
});

test("a matrix that is wider than the text comes in parts with all of its figures", () => {
  const text = calibrationText(example(32), 60);
  expect(text.match(/\b140\.4\b/g)?.length).toBe(2 * 16 * 16);
});

test("as SVG: each figure in its cell, unknown cells as such, light and dark", () => {
  for (const nodes of [2, 4, 8, 32]) {
    const svg = drawCalibration(example(nodes));
    expect(svg).toContain("prefers-color-scheme:dark");
    expect(svg).toContain("1 → 0: not measured");
    expect(svg).toContain("0 → 0: 80.8 ns, 80.0 to 83.2 in 9 repetitions, within 3.0 %");
    expect(svg).not.toMatch(/NaN|Infinity|undefined|null/);
    expect(svg.match(/class=['"]unknown['"]/g)?.length).toBe(2);
    expect(drawCalibration(example(nodes))).toBe(svg);
  }
  // The worst latency of two nodes is 1.74 times the best, the worst bandwidth 3.3 times.
  const two = drawCalibration(example(2));
  const cells = [
    ...two.matchAll(/class=['"](heat\d)['"][^>]*>\s*<title>0 → (\d): [^<]* (ns|GB\/s)/g),
  ];
  const looks = cells.map(([, look, to, unit]) => `${to} ${unit} ${look}`);
  expect(looks.slice(0, 4)).toEqual(["0 ns heat0", "1 ns heat4", "0 GB/s heat0", "1 GB/s heat6"]);
});

test("a calibration that says nothing is drawn with its title", () => {
  const empty = emptyCalibration("mlc");
  expect(calibrationText(empty)).toBe(
    "What distance costs on an unnamed machine, measured by mlc\nnot told\n",
  );
  expect(drawCalibration(empty)).toContain("What distance costs on an unnamed machine");
});

test("names that a terminal or a browser would act on are shown as text", () => {
  const strange = { ...emptyCalibration("mlc"), host: "<b>\u001b[31m" };
  expect(drawCalibration(strange)).not.toContain("<b>");
  expect(calibrationText(strange)).not.toContain("\u001b");
});

test("the knee is where latency begins to climb", () => {
  const points = (latencies: readonly number[]): { points: LoadedPoint[] } => ({
    points: latencies.map((latencyNs, i) => ({ bytesPerSecond: (i + 1) * 1e10, latencyNs })),
  });
  expect(kneeOf(points([80, 81, 82, 84, 90, 200, 400]))?.latencyNs).toBe(90);
  // A straight line has none, and neither have a few points or a flat curve.
  expect(kneeOf(points([80, 90, 100, 110, 120, 130]))).toBeNull();
  expect(kneeOf(points([80, 81, 300]))).toBeNull();
  expect(kneeOf(points([80, 80, 80, 80, 80, 80]))).toBeNull();
});
