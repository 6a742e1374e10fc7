import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readDocument } from "@evenkeel/contract/read-document.ts";
import { measuredOn } from "@evenkeel/core/testing/calibration/measured-on.ts";
import { topologyDigest } from "@evenkeel/core/topology/digest.ts";
import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import { expect, test } from "vitest";
import { scratchFolder } from "../../testing/scratch.ts";
import { readSource } from "../source/read-source.ts";
import { calibratedHere, storeCalibration, storedCalibration } from "./calibrations.ts";

const machine = syntheticTopology("package:2 core:4 memory:64Gi root[gpu:l40s]", "here");
const latencies = measuredOn(machine, { latencyNs: (a, b) => (a === b ? 80 : 140) });
const parse = (text: string, where: string) => readDocument(text, where, "Calibration");
const options = { parse };

test("a calibration is kept per machine, for its owner alone, and read again", async () => {
  const folder = join(scratchFolder(), "state");
  expect(await storedCalibration(folder, machine, parse)).toBeNull();
  const { path, isStored } = await storeCalibration(folder, machine, latencies, options);
  expect(isStored).toBe(true);
  expect(path).toBe(
    join(folder, "calibrations", `${topologyDigest(machine).replace("sha256:", "")}.json`),
  );
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(join(folder, "calibrations")).mode & 0o777).toBe(0o700);
  expect(await storedCalibration(folder, machine, parse)).toEqual(latencies);
  const notes: string[] = [];
  const note = (sentence: string): void => void notes.push(sentence);
  const topology = await calibratedHere(folder, machine, parse, note);
  expect(topology.access).toHaveLength(4);
  // Another machine has none.
  const other = syntheticTopology("core:4 memory:64Gi");
  expect(await calibratedHere(folder, other, parse, note)).toBe(other);
  expect(notes).toEqual([]);
});

test("one that knows less does not take the place of the kept one without a word", async () => {
  const folder = scratchFolder();
  const byMlc = { ...latencies, tool: { ...latencies.tool, name: "mlc" } };
  await storeCalibration(folder, machine, byMlc, options);
  const less = { ...latencies, memory: latencies.memory.slice(0, 2) };
  const refused = await storeCalibration(folder, machine, less, options);
  expect([refused.isStored, refused.lost]).toEqual([
    false,
    ["figures of memory by mlc, of which 2 are not in the new one"],
  ]);
  expect(await storedCalibration(folder, machine, parse)).toEqual(byMlc);
  const forced = await storeCalibration(folder, machine, less, { ...options, isReplacing: true });
  expect(forced.isStored).toBe(true);
  expect((await storedCalibration(folder, machine, parse))?.memory).toHaveLength(2);
  // What only the kept one knows stays.
  const copies = { ...measuredOn(machine, { copyBytesPerSecond: () => 26e9 }), memory: [] };
  await storeCalibration(folder, machine, copies, options);
  const both = await storedCalibration(folder, machine, parse);
  expect([both?.memory.length, both?.copies.length]).toEqual([2, 4]);
});

test("one that names no machine needs the operator's word, and another machine's is refused", async () => {
  const folder = scratchFolder();
  const untied = { ...latencies, topologyDigest: null };
  await expect(storeCalibration(folder, machine, untied, options)).rejects.toMatchObject({
    code: "calibration-of-unknown",
  });
  await storeCalibration(folder, machine, untied, { ...options, isOfThisMachine: true });
  expect((await storedCalibration(folder, machine, parse))?.topologyDigest).toBe(
    topologyDigest(machine),
  );
  const other = { ...latencies, topologyDigest: `sha256:${"1".repeat(64)}` };
  await expect(storeCalibration(folder, machine, other, options)).rejects.toMatchObject({
    code: "calibration-of-another",
  });
});

test("emulated times are kept, price nothing, and never take the place of real ones", async () => {
  const folder = scratchFolder();
  const emulated = { ...latencies, conditions: { ...latencies.conditions, isEmulated: true } };
  await storeCalibration(folder, machine, emulated, options);
  const notes: string[] = [];
  const topology = await calibratedHere(folder, machine, parse, (one) => void notes.push(one));
  expect(topology).toEqual(machine);
  expect(notes).toEqual([
    "the calibration of this machine is not used: it was measured on emulated CPUs",
  ]);
  await storeCalibration(folder, machine, latencies, options);
  expect((await storeCalibration(folder, machine, emulated, options)).isStored).toBe(false);
});

test("a file that cannot be used is told of, and no reason to fail", async () => {
  const folder = scratchFolder();
  const { path } = await storeCalibration(folder, machine, latencies, options);
  const notes: string[] = [];
  const look = () => calibratedHere(folder, machine, parse, (one) => void notes.push(one));
  const whole = readFileSync(path, "utf8");
  writeFileSync(path, whole.slice(0, 200));
  expect(await look()).toBe(machine);
  writeFileSync(path, whole);
  chmodSync(path, 0o622);
  expect(await look()).toBe(machine);
  expect(notes).toEqual([
    expect.stringMatching(/^the calibration of this machine is not used: .*json:\d+:\d+: /),
    expect.stringContaining("others than its owner"),
  ]);
  // Half-written files beside it change nothing.
  chmodSync(path, 0o600);
  mkdirSync(join(folder, "calibrations", "x"));
  writeFileSync(
    join(folder, "calibrations", `.${readdirSync(join(folder, "calibrations"))[0]}.1`),
    "{",
  );
  expect((await look()).access).toHaveLength(4);
});

test("the live machine is read with what is kept of it", async () => {
  const live = await readSource("live", {
    parseTopology: () => Promise.reject(new Error("no document")),
    calibrate: async (topology) => ({ ...topology, calibration: latencies }),
  });
  expect(live.calibration).toBe(latencies);
});
