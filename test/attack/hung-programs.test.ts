import { runProgram } from "@evenkeel/host/hypervisor/program.ts";
import { runCommand } from "@evenkeel/host/machine/run-command.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";

/** A program that somebody put before the real one, and that notes the processes it starts. */
function place(script: string) {
  const folder = scratchFolder();
  const note = join(folder, "left");
  const path = `${folder}${delimiter}${process.env["PATH"] ?? ""}`;
  for (const name of ["virsh", "nvidia-smi"]) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script.replace("NOTE", note)}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  const left = (): readonly number[] => {
    if (!existsSync(note)) return [];
    const pids = readFileSync(note, "utf8").trim().split("\n").map(Number);
    return pids.filter((pid) => pid > 0 && runs(pid));
  };
  onTestFinished(() => {
    for (const pid of left()) process.kill(pid, "SIGKILL");
  });
  /** What still runs after the moment that the kernel takes to end what was killed. */
  const leftSoon = async (): Promise<readonly number[]> => {
    for (let i = 0; i < 100 && left().length > 0; i++) await sleep(20);
    return left();
  };
  return { folder, note, path, leftSoon };
}

/** Whether a process runs; one that has ended and that nobody waits for does not. */
function runs(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

const hung = "sleep 100 & echo $! >> NOTE; wait";
const leaves = "sleep 100 & echo $! >> NOTE; echo done";
const leavesGroup = "setsid sleep 100 & echo $! >> NOTE; wait";

async function timed<T>(work: Promise<T>): Promise<readonly [T, number]> {
  const started = performance.now();
  const result = await work;
  return [result, performance.now() - started];
}

test("a program and what it started are both ended at the limit", async () => {
  const { path, leftSoon } = place(hung);
  const options = { timeoutMs: 500, caller: { PATH: path } };
  const [result, elapsed] = await timed(runProgram("virsh", ["list"], options));
  expect(elapsed).toBeLessThan(5000);
  expect(result).toEqual({
    status: null,
    stdout: "",
    stderr: "it did not end within 0.5 s\nit was ended by SIGKILL\n",
    isLate: true,
  });
  expect(await leftSoon()).toEqual([]);
});

test("a tool that is only read, too", async () => {
  const { path, leftSoon } = place(hung);
  const limits = { timeoutMs: 500, maxBytes: 1000 };
  const [result, elapsed] = await timed(runCommand("nvidia-smi", [], path, limits));
  expect(elapsed).toBeLessThan(5000);
  expect(result).toEqual({ kind: "failed", why: "did not end within 0.5 s" });
  expect(await leftSoon()).toEqual([]);
});

test("a process that left the group and holds the output does not hold the caller", async () => {
  const { path } = place(leavesGroup);
  const options = { timeoutMs: 500, caller: { PATH: path } };
  const [result, elapsed] = await timed(runProgram("virsh", [], options));
  expect(elapsed).toBeLessThan(5000);
  expect(result.status).toBeNull();
});

test("the end of a program counts, not the end of its output", async () => {
  const { path } = place(leaves);
  const options = { timeoutMs: 30_000, caller: { PATH: path } };
  const [result, elapsed] = await timed(runProgram("virsh", [], options));
  expect(elapsed).toBeLessThan(5000);
  expect(result).toEqual({ status: 0, stdout: "done\n", stderr: "" });
  const [read] = await timed(runCommand("nvidia-smi", [], path));
  expect(read).toEqual({ kind: "ran", stdout: "done\n" });
});

test("an interrupted snapshot leaves no tool behind", async () => {
  const { folder, note, path, leftSoon } = place(hung);
  const binary = join(import.meta.dirname, "../../packages/cli/bin/evenkeel.mjs");
  const child = spawn(process.execPath, [binary, "snapshot", join(folder, "host.tar")], {
    env: { PATH: path },
    stdio: "ignore",
  });
  while (!existsSync(note) || readFileSync(note, "utf8") === "") await sleep(20);
  child.kill("SIGINT");
  await once(child, "exit");
  expect(child.signalCode).toBe("SIGINT");
  expect(await leftSoon()).toEqual([]);
});
