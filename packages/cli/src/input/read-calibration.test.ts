import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseTopology } from "@evenkeel/contract/read-document.ts";
import { measuredOn } from "@evenkeel/core/testing/calibration/measured-on.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import { systemClock } from "@evenkeel/host/clock/clock.ts";
import { readSource } from "@evenkeel/host/source/read-source.ts";
import { storeCalibration } from "@evenkeel/host/state/calibrations.ts";
import { mlcTexts } from "@evenkeel/host/testing/calibration/samples.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { expect, test } from "vitest";
import { evenkeel } from "../../testing/evenkeel.ts";
import type { Surroundings } from "../command/surroundings.ts";
import { parseCalibration, readCalibrationFile } from "./read-calibration.ts";
import { readTopology } from "./read-topology.ts";

const folder = scratchFolder();
const path = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const vm = path(
  "vm.json",
  JSON.stringify({
    apiVersion: "evenkeel/v1",
    kind: "VirtualMachine",
    metadata: { name: "llm-a" },
    spec: { vcpus: 4, memory: "8Gi", hugepages: "none", locality: "interleave" },
  }),
);
const mlc = path("mlc.txt", mlcTexts.all);

const surroundings: Surroundings = {
  stdout: { write: () => {}, isTTY: false, columns: null },
  stderr: { write: () => {}, isTTY: false, columns: null },
  readStdin: async () => null,
  env: {},
  version: "0",
  clock: systemClock,
  sayNow: () => {},
  isOwnProcess: false,
  interrupted: () => AbortSignal.abort(),
};

const place = (...words: readonly string[]) =>
  evenkeel(["place", vm, ...words, "--output", "json"]);

test("place prices by what another tool measured on the only host, and says measured", async () => {
  const { stdout, status } = await place("--on", "machine:hgx-h100", "--calibration", mlc);
  const plan: Plan = JSON.parse(stdout);
  expect([status, plan.cost.basis]).toEqual([0, "measured"]);
  // Half of the memory is remote: (152.5 / 91.5 + 100000.5 / 40000.5) / 2, or that of node 1.
  const prices = [152.5 / 91.5 + 100_000.5 / 40_000.5, 153 / 90.5 + 101_000.5 / 41_000.5];
  const halves = prices.map((price) => (1 + price / 2) / 2);
  expect(halves.map((half) => half.toFixed(4))).toContain(plan.cost.parts.memory.toFixed(4));
  const without: Plan = JSON.parse((await place("--on", "machine:hgx-h100")).stdout);
  expect(without.cost.basis).toBe("modelled");
});

test("of two calibrations of one machine, the second leaves what only the first knows", async () => {
  const copies = path("copies.txt", "cpu_to_gpu0_by_dma_under_numa1 26.2\n");
  const on = ["--on", "machine:hgx-h100", "--calibration", mlc];
  const plan: Plan = JSON.parse((await place(...on)).stdout);
  const both: Plan = JSON.parse((await place(...on, "--calibration", copies)).stdout);
  expect(both.cost.parts.memory).toBe(plan.cost.parts.memory);
});

test("of several hosts it must name its own", async () => {
  const on = ["--on", "a=machine:hgx-h100", "--on", "b=machine:l40s-pcie"];
  const untied = await place(...on, "--calibration", mlc);
  expect([untied.status, untied.stderr]).toEqual([
    2,
    expect.stringContaining("calibration-of-unknown"),
  ]);
  const topology = await readSource("machine:l40s-pcie", { parseTopology });
  const own = measuredOn(topology, { latencyNs: (a, b) => (a === b ? 80 : 160) });
  const file = path("own.json", JSON.stringify(own));
  expect((await place(...on, "--calibration", file)).status).toBe(0);
  const other = await place("--on", "machine:hgx-h100", "--calibration", file);
  expect([other.status, other.stderr]).toEqual([
    2,
    expect.stringContaining("calibration-of-another"),
  ]);
});

test("a file is a document or an output, and anything else is refused", async () => {
  const fromMlc = await readCalibrationFile(mlc, surroundings);
  expect(fromMlc.tool.name).toBe("mlc");
  const document = path("again.json", JSON.stringify(fromMlc));
  expect(await readCalibrationFile(document, surroundings)).toEqual(fromMlc);
  await expect(readCalibrationFile(vm, surroundings)).rejects.toMatchObject({
    code: "document-invalid",
  });
  await expect(readCalibrationFile(path("x", "hello"), surroundings)).rejects.toMatchObject({
    code: "text-unexpected",
  });
});

test("this machine is read with the calibration in its state folder", async () => {
  const state = join(folder, "state");
  const before = await readTopology("live", surroundings, { state });
  expect(before.calibration).toBeNull();
  const own = measuredOn(before, { latencyNs: () => 95 });
  await storeCalibration(state, before, own, { parse: parseCalibration });
  const after = await readTopology("live", surroundings, { state });
  expect(after.calibration).toEqual(own);
  expect(after.access.every(({ basis }) => basis === "measured")).toBe(true);
});
