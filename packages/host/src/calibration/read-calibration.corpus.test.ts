import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { corpus } from "../../testing/corpus.ts";
import { readCalibration } from "./read-calibration.ts";

/** What measured, and how many pairs, totals, points, copies and peers; figures read by hand. */
const facts: Readonly<Record<string, readonly [counts: string, figure: number]>> = {
  "mlc-vsc-broadwell.txt": ["mlc v3.1a 16 5 19 0 0", 196],
  "mlc-vsc-cascadelake.txt": ["mlc v3.10 4 5 19 0 0", 140.4],
  "mlc-vsc-ivybridge.txt": ["mlc v3.1a 4 5 19 0 0", 115.1],
  "mlc-vsc-skylake-breniac-avx512.txt": ["mlc v3.5 4 5 19 0 0", 131.4],
  "mlc-vsc-skylake.txt": ["mlc v3.10 4 5 19 0 0", 144.3],
  "p2p-a100x8-nvlink3.txt": ["p2pBandwidthLatencyTest null 0 0 0 0 56", 273.2e9],
  "p2p-blackwell-x4.txt": ["p2pBandwidthLatencyTest null 0 0 0 0 12", 748.08e9],
  "p2p-h100x8-nvlink4.txt": ["p2pBandwidthLatencyTest null 0 0 0 0 56", 375.66e9],
  "superbench-cuda_memory_d2h_bw.log": ["bandwidthTest null 0 0 0 1 0", 13.2e9],
  "superbench-cuda_memory_h2d_bw.log": ["bandwidthTest null 0 0 0 1 0", 12.4e9],
  "superbench-gpu_copy_bw_performance.log": ["gpu_copy null 0 0 0 4 2", 26.2332e9],
  "superbench-nvbandwidth_results.log": ["nvbandwidth v0.6 0 0 0 8 0", 323.36e9],
  "superbench-rocm_memory_h2d_bw.log": ["hipBusBandwidth null 0 0 0 1 0", 25.0487e9],
  "superbench-streamResultZen.log": ["stream 5.10 0 4 0 0 0", 363.2087e9],
};

const folder = corpus("measurements");

describe.skipIf(folder === null)("recordings of measurements", () => {
  test.each(Object.entries(facts))("%s", (file, [counts, figure]) => {
    const found = readCalibration(readFileSync(join(folder ?? "", file), "utf8"), file);
    const { tool, memory, total, loaded, copies, peers } = found;
    const points = loaded.flatMap((curve) => curve.points).length;
    const numbers = [memory.length, total.length, points, copies.length, peers.length];
    expect(`${tool.name} ${tool.version} ${numbers.join(" ")}`).toBe(counts);
    const figures = [
      ...memory.filter(({ initiator }) => initiator === 0).map((one) => one.readLatencyNs?.median),
      ...peers.map((one) => one.bytesPerSecond?.median),
      ...copies.map((one) => one.hostToDeviceBytesPerSecond?.median),
      ...copies.map((one) => one.deviceToHostBytesPerSecond?.median),
      ...total.map((one) => one.bytesPerSecond.most),
    ];
    expect(figures).toContain(figure);
  });
});
