import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readDocument } from "@evenkeel/contract/read-document.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { expect, test } from "vitest";
import { evenkeel } from "../../../testing/evenkeel.ts";

const folder = scratchFolder();

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const mlc = file(
  "mlc.txt",
  "Intel(R) Memory Latency Checker - v3.9\nMeasuring idle latencies (in ns)...\n\t\tNuma node\n" +
    "Numa node\t     0\t\n       0\t  80.4\t\n",
);

test("what another tool measured is printed, and kept only where that is said", async () => {
  const state = join(folder, "state");
  const read = ["measure", "--read", mlc, "--state", state];
  const text = await evenkeel(read);
  expect(text).toMatchObject({ status: 0, stderr: "" });
  expect(text.stdout).toContain("80.4");
  const svg = await evenkeel([...read, "--output", "svg"]);
  expect(svg.stdout).toMatch(/^<svg/);
  expect(existsSync(state)).toBe(false);
  const kept = await evenkeel([...read, "--keep", "--output", "json"]);
  expect(kept).toMatchObject({ status: 0, stderr: "" });
  const [name = ""] = readdirSync(join(state, "calibrations"));
  const stored = readFileSync(join(state, "calibrations", name), "utf8");
  expect(name).toMatch(/^[0-9a-f]{64}\.json$/);
  expect(JSON.parse(stored)).toMatchObject({ memory: [{ readLatencyNs: { median: 80.4 } }] });
});

test("measured here: a document that its schema reads, progress on a terminal alone", async () => {
  const asked = ["measure", "--full", "--time", "3s", "--memory", "96Mi", "--output", "json"];
  const options = { interrupted: new AbortController().signal };
  const state = ["--state", join(folder, "measured")];
  const piped = await evenkeel([...asked, ...state], options);
  const calibration = readDocument(piped.stdout, "stdout", "Calibration");
  expect(calibration.tool.name).toBe("evenkeel");
  // Where the caches are larger than the memory, there is nothing to measure.
  expect(piped.status).toBe(calibration.memory.length > 0 ? 0 : 4);
  expect(piped.stderr).not.toContain("left");
  if (calibration.memory.length === 0) return;
  expect(existsSync(join(folder, "measured/calibrations"))).toBe(true);
  const unusable = ["--state", join(mlc, "state")];
  const shown = await evenkeel([...asked, ...unusable], { ...options, terminal: 120 });
  expect(shown.stderr).toMatch(
    /1 of \d+: a core of node \d+, memory of node \d+; about \d+ s left/,
  );
  // A measurement that cannot be kept is worth having.
  expect(shown.stderr).toContain("the calibration is not kept");
  expect(shown.status).toBe(0);
});

test("interrupted before anything was measured, it says so and ends with 4", async () => {
  const { stdout, stderr, status } = await evenkeel(["measure", "--full"]);
  expect([status, stderr]).toEqual([4, ""]);
  expect(stdout).toContain("interrupted");
});

test.each([
  [["--gentle", "--full"], "--gentle and --full are both given"],
  [["--time", "5"], '--time is "5"'],
  [["--memory", "1Mi"], '--memory is "1Mi"'],
  [["--read", "missing.txt"], "missing.txt"],
])("%j is refused", async (words, message) => {
  const { stderr, status } = await evenkeel(["measure", ...words]);
  expect(status).toBe(2);
  expect(stderr).toContain(message);
});
