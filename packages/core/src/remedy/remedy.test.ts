import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { malformed } from "../../testing/remedy/malformed.ts";
import {
  advice,
  mergingOff,
  numaBalancingOff,
  restartFromPlan,
  sharedRemedies,
  writeBack,
  writeFile,
} from "./remedy.ts";

test("a command writes its value to its file without a shell", () => {
  const folder = mkdtempSync(join(tmpdir(), "remedy-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "cpuset.cpus");
  for (const value of ["0-3,7", "0000:1b:00.0", "2"]) {
    const [program = "", ...args] = writeFile(path, value);
    execFileSync(program, args);
    expect(readFileSync(path, "utf8")).toBe(`${value}\n`);
  }
  expect([writeBack(path, null), writeBack(path, "")]).toEqual([null, null]);
});

test("findings of one cause share one remedy, and others do not", () => {
  const remedies = [restartFromPlan, mergingOff, restartFromPlan, numaBalancingOff(1)];
  const items = remedies.map((remedy) => ({ remedy: { ...remedy } }));
  expect(sharedRemedies(items)).toEqual([
    { remedy: restartFromPlan, mends: [0, 2] },
    { remedy: mergingOff, mends: [1] },
    { remedy: numaBalancingOff(1), mends: [3] },
  ]);
  expect(sharedRemedies([])).toEqual([]);
  const alike = [advice("live", "Wait."), advice("restart", "Wait.")];
  expect(sharedRemedies(alike.map((remedy) => ({ remedy })))).toHaveLength(2);
});

test("what is wrong with a remedy is found", () => {
  const good = numaBalancingOff(2);
  expect(malformed(good)).toEqual([]);
  const bad = [
    { ...good, text: "turn it off" },
    { ...good, argv: [] },
    { ...good, argv: null },
    { ...good, when: null },
    { ...good, argv: [["echo", "0", ">", "/proc/sys/kernel/numa_balancing"]] },
    { ...good, argv: [["sh", "-c", "true"]] },
    { ...good, argv: [["taskset", "-pc", "", "1"]] },
    { ...good, undo: [["virsh", "vcpupin", "vm", "0", "null"]] },
  ];
  for (const remedy of bad) expect(malformed(remedy)).toHaveLength(1);
});
