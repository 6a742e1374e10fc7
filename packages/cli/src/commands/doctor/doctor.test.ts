import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseFixRecord } from "@evenkeel/contract/fix-record.ts";
import { readDocument } from "@evenkeel/contract/read-document.ts";
import { alterations } from "@evenkeel/core/testing/explain/altered/alterations.ts";
import { cleanVm } from "@evenkeel/core/testing/explain/clean.ts";
import { examine } from "@evenkeel/core/explain/examine.ts";
import { systemClock } from "@evenkeel/host/clock/clock.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { readProcess } from "@evenkeel/host/procfs/process-record.ts";
import { liveTree } from "@evenkeel/host/tree/directory-tree.ts";
import { expect, onTestFinished, test, vi } from "vitest";
import { evenkeel } from "../../../testing/evenkeel.ts";
import type { CliContext } from "../../command/context.ts";
import { painter } from "../../text/paint.ts";
import { fixNamed } from "./fix.ts";

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
  [["4711", "--no-fix"], "--no-fix"],
  [["4711", "--fix", "--undo"], "contradict each other"],
  [["4711", "--fix", "--output", "json"], "in words only"],
])("%j is refused before anything is read", async (args, message) => {
  const { status, stdout, stderr } = await evenkeel(["doctor", ...args]);
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr).toContain(message);
});

/** A process that waits on CPU 0 alone, and what CPUs it may use now. */
async function pinned(): Promise<{ readonly pid: number; readonly cpus: () => string }> {
  const child = spawn("taskset", ["-c", "0", "sleep", "600"], { stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  const { pid } = child;
  if (pid === undefined) throw new Error("sleep was not started");
  const stat = (): string => readFileSync(`/proc/${pid}/stat`, "utf8");
  while (!/\(sleep\) S/.test(stat())) await new Promise((resolve) => void setTimeout(resolve, 5));
  return { pid, cpus: () => allowedCpus(`/proc/${pid}/status`) };
}

function allowedCpus(status: string): string {
  return /^Cpus_allowed_list:\s(.*)$/m.exec(readFileSync(status, "utf8"))?.[1] ?? "";
}

test("--fix says what it would run, and with --yes runs it and records the way back", async () => {
  const { pid, cpus } = await pinned();
  const before = allowedCpus("/proc/self/status");
  const clean = cleanVm(0);
  const startTicks = readProcess(liveTree(), pid)?.startTicks ?? null;
  const evidence = { ...clean, process: clean.process && { ...clean.process, pid, startTicks } };
  const found = examine("twin-host", [alterations[0]?.alter(clean) ?? clean]);
  const remedy = {
    text: "Widen it.",
    argv: [["taskset", "-pc", before, `${pid}`]],
    when: "live" as const,
    undo: [["taskset", "-pc", "0", `${pid}`]],
  };
  const subjects = found.subjects.map((one) => ({
    ...one,
    faults: one.faults.map((fault) => ({ ...fault, remedy })),
  }));
  const state = join(folder, "fixing");
  const fixed = async (yes: boolean): Promise<{ text: string; statuses: number[] }> => {
    const [printed, statuses] = [new Array<string>(), new Array<number>()];
    const stdout = { write: (text: string) => void printed.push(text), isTTY: false, columns: 100 };
    const context: CliContext = {
      process: { stdout, stderr: stdout },
      surroundings: {
        stdout,
        stderr: stdout,
        readStdin: async () => null,
        env: {},
        version: "0",
        clock: systemClock,
        sayNow: () => {},
        isOwnProcess: false,
        interrupted: () => AbortSignal.abort(),
      },
      color: false,
      columns: 100,
      typed: [],
      paint: painter(false),
      help: () => "",
      commandNames: [],
      propose: async () => [],
      finish: (status) => void statuses.push(status),
    };
    const flags = { state, yes, fix: true, undo: false, output: "text" } as const;
    await fixNamed({ ...found, subjects }, [evidence], flags, context);
    return { text: printed.join(""), statuses };
  };
  const dry = await fixed(false);
  expect(dry.text).toContain(`taskset -pc ${before} ${pid}`);
  expect([cpus(), existsSync(state), dry.statuses]).toEqual(["0", false, []]);
  const euid = vi.spyOn(process, "geteuid").mockReturnValue(54_321);
  await expect(fixed(true)).rejects.toThrow("belongs to another user");
  expect(cpus()).toBe("0");
  euid.mockRestore();
  const done = await fixed(true);
  expect([cpus(), done.statuses]).toEqual([before, [0]]);
  expect(done.text).toContain("takes it back");
  const [name = ""] = readdirSync(join(state, "fixes"));
  const kept = parseFixRecord(readFileSync(join(state, "fixes", name), "utf8"), name);
  expect([kept.undo, kept.targets.map((one) => one.pid)]).toEqual([remedy.undo, [pid]]);
});

test("--undo says what it would run, and takes the last fix back with --yes alone", async () => {
  const { pid, cpus } = await pinned();
  const state = join(folder, "state");
  mkdirSync(join(state, "fixes"), { recursive: true, mode: 0o700 });
  const before = allowedCpus("/proc/self/status");
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
