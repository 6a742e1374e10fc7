import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseFixRecord } from "@evenkeel/contract/fix-record.ts";
import { liveStep, type LiveStep } from "@evenkeel/core/fix/live-step.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";
import { expect, onTestFinished, test } from "vitest";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { loadMovePages } from "@evenkeel/host/native/move-pages.ts";
import { startOf } from "@evenkeel/host/procfs/process-record.ts";
import { parseStatus } from "@evenkeel/host/procfs/parse-task.ts";
import { readProcessMemory } from "@evenkeel/host/procfs/read-process-memory.ts";
import { liveTree } from "@evenkeel/host/tree/directory-tree.ts";
import { carryOut, undoFix } from "@evenkeel/host/fix/carry-out.ts";
import { holdAll, holdProcess, holdRecorded } from "@evenkeel/host/fix/held-process.ts";
import { moveProcessPages } from "@evenkeel/host/fix/move-process-pages.ts";

const folder = scratchFolder();
const tree = liveTree();
const takenAt = "2026-01-31T12:00:00.000Z";

function stepOf(...command: string[]): LiveStep {
  const step = liveStep(command);
  if (step === null) throw new Error(`no step: ${command.join(" ")}`);
  return step;
}

/** A process that waits, and is ended with the test. Its pages are there once it sleeps. */
async function waiting(): Promise<number> {
  const child = spawn("sleep", ["600"], { stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  const { pid } = child;
  if (pid === undefined) throw new Error("sleep was not started");
  while (!/\(sleep\) S/.test(readFileSync(`/proc/${pid}/stat`, "utf8"))) await setTimeout(5);
  return pid;
}

const allowed = (pid: number): string | null =>
  parseStatus(readFileSync(`/proc/${pid}/status`, "utf8")).allowedCpus;

/** A process as evidence names it. */
const asRead = (pid: number) => ({ pid, startTicks: startOf(tree, pid) });

test("a thread gets its CPUs, the record is there before, and undoing brings back what was", async () => {
  const pid = await waiting();
  const before = allowed(pid) ?? "";
  using held = holdProcess(tree, asRead(pid));
  const stateFolder = join(folder, "state");
  const undo = [["taskset", "-pc", before, `${pid}`]];
  const fix = { steps: [stepOf("taskset", "-pc", "0", `${pid}`)], undo };
  const { outcomes, record } = await carryOut(tree, fix, [held], { stateFolder, takenAt });
  expect(outcomes).toEqual([{ run: fix.steps[0]?.run, ok: true, found: "done" }]);
  expect(allowed(pid)).toBe("0");
  const text = readFileSync(record ?? "", "utf8");
  const kept = parseFixRecord(text, record ?? "");
  expect(kept.targets).toEqual([held.record]);
  expect((await undoFix(tree, kept, record ?? "")).map(({ ok }) => ok)).toEqual([true]);
  expect([allowed(pid), existsSync(record ?? "")]).toEqual([before, false]);
});

test("nothing is changed of a process that has ended, or of a thread of another", async () => {
  const [pid, other] = [await waiting(), await waiting()];
  using held = holdProcess(tree, asRead(pid));
  const before = allowed(other);
  const foreign = { steps: [stepOf("taskset", "-pc", "0", `${other}`)], undo: [] };
  const where = { stateFolder: join(folder, "none"), takenAt };
  const { outcomes, record } = await carryOut(tree, foreign, [held], where);
  expect([outcomes[0]?.ok, record, allowed(other)]).toEqual([false, null, before]);
  process.kill(pid, "SIGKILL");
  while (held.isThere()) await setTimeout(5);
  const own = { steps: [stepOf("taskset", "-pc", "0", `${pid}`)], undo: [] };
  const late = await carryOut(tree, own, [held], where);
  expect(late.outcomes[0]).toMatchObject({ ok: false, found: "the process has ended" });
  expect(() => holdProcess(tree, asRead(pid))).toThrow(/has ended, or is another one/);
  expect(holdRecorded(tree, held.record)).toBeNull();
});

test("a number that another process has by now is held for none", async () => {
  const pid = await waiting();
  const { startTicks } = asRead(pid);
  if (startTicks === null) throw new Error("the process has a start");
  for (const other of [startTicks - 1, startTicks + 1, null]) {
    expect(() => holdProcess(tree, { pid, startTicks: other })).toThrow(
      `process ${pid} has ended, or is another one by now`,
    );
  }
  using held = holdProcess(tree, { pid, startTicks });
  expect(held.record).toMatchObject({ pid, startTicks });
});

test("of a fix of two processes, the one that still runs is taken back, and the record goes", async () => {
  const pids = [await waiting(), await waiting()];
  const before = pids.map((pid) => allowed(pid));
  using targets = holdAll(pids, (pid) => holdProcess(tree, asRead(pid)));
  const steps = pids.map((pid) => stepOf("taskset", "-pc", "0", `${pid}`));
  const undo = pids.map((pid, i) => ["taskset", "-pc", before[i] ?? "", `${pid}`]);
  const stateFolder = join(folder, "two");
  const { record } = await carryOut(tree, { steps, undo }, targets.held, { stateFolder, takenAt });
  const [ended, running] = targets.held;
  if (ended === undefined || running === undefined) throw new Error("two were held");
  process.kill(ended.record.pid, "SIGKILL");
  while (ended.isThere()) await setTimeout(5);
  const kept = parseFixRecord(readFileSync(record ?? "", "utf8"), record ?? "");
  expect((await undoFix(tree, kept, record ?? "")).map(({ found }) => found)).toEqual([
    "done",
    "it has ended",
  ]);
  expect([allowed(running.record.pid), existsSync(record ?? "")]).toEqual([before[1], false]);
});

test("pages are moved of named processes alone", async () => {
  const [named, other] = [await waiting(), await waiting()];
  using held = holdProcess(tree, asRead(named));
  const fix = { steps: [stepOf("migratepages", `${other}`, "1", "0")], undo: [] };
  const where = { stateFolder: join(folder, "pages"), takenAt };
  const { outcomes } = await carryOut(tree, fix, [held], where);
  expect(outcomes[0]).toMatchObject({
    ok: false,
    found: `process ${other} is not the one that was named`,
  });
});

test("a record that would run anything else is refused", () => {
  const record = { apiVersion: "evenkeel/v1", kind: "FixRecord", takenAt, targets: [] };
  for (const command of [
    ["rm", "-rf", "/"],
    ["sysctl", "-w", "vm.zone_reclaim_mode=0"],
    ["shuf", "-e", "0", "-o", "/etc/passwd"],
    ["shuf", "-e", "0", "-o", "/proc/irq/../../etc/smp_affinity_list"],
    ["taskset", "-pc", "0; reboot", "1"],
    ["virsh", "destroy", "llm-a", "0", "--live"],
  ]) {
    const text = JSON.stringify({ ...record, undo: [command] });
    expect(() => parseFixRecord(text, "fix.json"), command.join(" ")).toThrow(/it would run/);
  }
});

test("the kernel's own status counts the pages that lie on a node", async () => {
  const movePages = await loadMovePages();
  if (movePages === null) {
    expect(process.arch).not.toBe("x64");
    return;
  }
  const pid = await waiting();
  using held = holdProcess(tree, asRead(pid));
  const { moved, stayed } = moveProcessPages(tree, held, { from: [0], to: 0 }, movePages);
  const memory = readProcessMemory(tree, pid) ?? [];
  const pagesOf = (kinds: (kind: string) => boolean): number =>
    sumOf(memory, ({ kind, onNodes }) =>
      kinds(kind) ? sumOf(onNodes, ({ bytes }) => bytes / 4096) : 0,
    );
  // The page cache of its program and its libraries is not its own, and is left alone.
  expect(pagesOf((kind) => kind === "file")).toBeGreaterThan(0);
  expect(moved + stayed).toBe(pagesOf((kind) => kind !== "file"));
  expect(moved).toBeGreaterThan(0);
  const none = moveProcessPages(tree, held, { from: [7], to: 0 }, movePages);
  expect(none).toEqual({ moved: 0, stayed: 0, movedBytes: 0 });
});
