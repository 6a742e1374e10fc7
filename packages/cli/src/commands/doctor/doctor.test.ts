import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readDocument } from "@evenkeel/contract/read-document.ts";
import { alterations } from "@evenkeel/core/testing/explain/altered/alterations.ts";
import { cleanVm } from "@evenkeel/core/testing/explain/clean.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { readProcess } from "@evenkeel/host/procfs/process-record.ts";
import { liveTree } from "@evenkeel/host/tree/directory-tree.ts";
import { expect, onTestFinished, test } from "vitest";
import { evenkeel } from "../../../testing/evenkeel.ts";

const folder = scratchFolder();

function record(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(content));
  return path;
}

test("a subject that is in order has no faults, and the status is 0", async () => {
  const { status, stdout } = await evenkeel(["doctor", record("a.json", cleanVm(0))]);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^Nothing wrong was found on twin-host\.\n\nVM llm-a: in order\n/);
});

test("faults are told of each subject, and the status is 3", async () => {
  const unbound = alterations.find(({ code }) => code === "memory-unbound");
  const bad = record("bad.json", unbound?.alter(cleanVm(0)));
  const { status, stdout } = await evenkeel([
    "doctor",
    bad,
    record("b.json", cleanVm(1)),
    "--output",
    "json",
  ]);
  expect(status).toBe(3);
  const { subjects } = readDocument(stdout, "stdout", "Diagnosis");
  expect(subjects.map(({ name, faults }) => [name, faults.map(({ code }) => code)])).toEqual([
    ["llm-a", ["memory-unbound"]],
    ["llm-b", []],
  ]);
});

test.each([
  [["--fix"], "--fix needs names"],
  [["a.json", "--fix"], "--fix needs names"],
  [["4711", "--yes"], "--yes alone does nothing"],
  [["4711", "--fix", "--undo"], "contradict each other"],
  [["4711", "--fix", "--output", "json"], "in words only"],
])("%j is refused before anything is read", async (args, message) => {
  const { status, stdout, stderr } = await evenkeel(["doctor", ...args]);
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr).toContain(message);
});

test("--undo says what it would run, and takes the last fix back with --yes alone", async () => {
  const child = spawn("taskset", ["-c", "0", "sleep", "600"], { stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  const { pid } = child;
  if (pid === undefined) throw new Error("sleep was not started");
  const stat = (): string => readFileSync(`/proc/${pid}/stat`, "utf8");
  while (!/\(sleep\) S/.test(stat())) await new Promise((resolve) => void setTimeout(resolve, 5));
  const cpus = (): string | undefined =>
    /^Cpus_allowed_list:\s(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  const state = join(folder, "state");
  mkdirSync(join(state, "fixes"), { recursive: true, mode: 0o700 });
  const own = readFileSync("/proc/self/status", "utf8");
  const before = /^Cpus_allowed_list:\s(.*)$/m.exec(own)?.[1] ?? "";
  const fix = {
    apiVersion: "evenkeel/v1",
    kind: "FixRecord",
    takenAt: "2026-01-31T12:00:00.000Z",
    targets: [readProcess(liveTree(), pid)],
    undo: [["taskset", "-pc", before, `${pid}`]],
  };
  writeFileSync(join(state, "fixes", "1.json"), JSON.stringify(fix), { mode: 0o600 });
  const dry = await evenkeel(["doctor", "--undo", "--state", state]);
  expect(dry.stdout).toContain(`taskset -pc ${before} ${pid}`);
  expect(cpus()).toBe("0");
  const { status, stdout } = await evenkeel(["doctor", "--undo", "--yes", "--state", state]);
  expect([status, cpus(), readdirSync(join(state, "fixes"))]).toEqual([0, before, []]);
  expect(stdout).toContain("Done.");
  const again = await evenkeel(["doctor", "--undo", "--yes", "--state", state]);
  expect(again.stdout).toBe("There is no fix to take back.\n");
});
