import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readDocument } from "@evenkeel/contract/read-document.ts";
import { promiseText } from "@evenkeel/core/binding/promise.ts";
import { formatList } from "@evenkeel/core/set/list-format.ts";
import { indexSet } from "@evenkeel/core/set/index-set.ts";
import { startOf } from "@evenkeel/host/procfs/process-record.ts";
import { liveTree } from "@evenkeel/host/tree/directory-tree.ts";
import { afterAll, afterEach, expect, test } from "vitest";
import { binary } from "../../packages/cli/testing/binary.ts";

/**
 * `exec --verify` looks at real processes: where the threads of a command and of what it has
 * started may run. What starts the looking leaves nothing with the command.
 */

const folder = mkdtempSync(join(tmpdir(), "evenkeel-verify-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const started: ChildProcess[] = [];
afterEach(() => {
  // Each is the first of a process group of its own.
  for (const { pid } of started.splice(0)) {
    try {
      if (pid !== undefined) process.kill(-pid, "SIGKILL");
    } catch {
      // It has ended.
    }
  }
});

/** CPUs that this process may use, one of them alone, and all. */
const ownCpus = /Cpus_allowed_list:\s*(\S+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
const one = /\d+/.exec(ownCpus ?? "")?.[0] ?? "0";

/** The only node with this CPU, as these tests bind CPUs alone. */
const promise = {
  cpus: formatList(indexSet([Number(one)])),
  memory: "none",
  memoryNodes: null,
  mode: "node",
  accelerators: [],
} as const;

/** A shell that was bound to one CPU, as a command of `exec` is. */
function bound(script: string, ...words: readonly string[]): ChildProcess {
  const child = spawn("taskset", ["-c", one, "sh", "-c", script, "sh", ...words], {
    env: { ...process.env, EVENKEEL_BINDING: promiseText(promise) },
    stdio: "ignore",
    detached: true,
  });
  started.push(child);
  return child;
}

/** What looks at a process after some time, and the verdict that it writes. */
function watched({ pid = 0 }: ChildProcess, ms: number, start = startOf(liveTree(), pid)) {
  const file = join(folder, `${pid}.json`);
  const words = ["__watch", "--verdict", file, `${pid}`, `${start}`, `${ms}`];
  const ended = spawnSync(process.execPath, [binary, ...words], { encoding: "utf8" });
  expect(ended.status).toBe(0);
  const verdict = readDocument(readFileSync(file, "utf8"), file, "Verdict");
  return { verdict, ...ended };
}

/** The ids of processes whose command line has some words. */
function processesWith(...words: readonly string[]): readonly number[] {
  const sought = `${words.join("\0")}\0`;
  return readdirSync("/proc").flatMap((name) => {
    try {
      return readFileSync(`/proc/${name}/cmdline`, "utf8").includes(sought) ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

const isSeveral = ownCpus !== undefined && ownCpus !== one;

test("a command and what it has started hold while all threads keep to their CPUs", async () => {
  const command = bound("sleep 60 & sleep 60 & wait");
  await sleep(200);
  const { verdict, stderr } = watched(command, 300);
  expect(verdict).toMatchObject({ holds: true, findings: [], vm: `process-${command.pid}` });
  expect(verdict.verified).toHaveLength(3);
  expect(stderr).toMatch(/^evenkeel: The binding of process-\d+ holds on /);
});

test.runIf(isSeveral)("a process far below it that may run elsewhere is found", async () => {
  const command = bound('sh -c "taskset -c $1 sleep 60 & wait" & wait', ownCpus ?? "");
  await sleep(300);
  const { verdict, stderr } = watched(command, 100);
  expect(verdict.holds).toBe(false);
  expect(verdict.findings.map(({ code }) => code)).toEqual(["binding-threads"]);
  expect(verdict.findings[0]?.found).toContain(`(sleep) on CPUs ${ownCpus}`);
  expect(verdict.findings[0]?.subject).not.toBe(`process ${command.pid}`);
  expect(stderr).toContain("does not hold");
});

test.runIf(isSeveral)("doctor finds the same of a process", async () => {
  const command = bound('taskset -pc "$1" $$ >/dev/null; sleep 60; :', ownCpus ?? "");
  await sleep(300);
  const words = [binary, "doctor", `${command.pid}`, "--output", "json"];
  const { stdout } = spawnSync(process.execPath, words, { encoding: "utf8", timeout: 60_000 });
  const { subjects } = readDocument(stdout, "stdout", "Diagnosis");
  const faults = subjects.flatMap((subject) => subject.faults);
  expect(faults.map(({ code }) => code)).toContain("binding-left");
});

test("a program that writes another title over its variables is still held to its binding", async () => {
  const script = 'select(undef, undef, undef, 1.5); $0 = "x" x 65536; sleep 60';
  const command = bound('exec perl -e "$1"', script);
  await sleep(100);
  const { verdict } = watched(command, 2500);
  expect(readFileSync(`/proc/${command.pid}/environ`, "utf8")).not.toContain("EVENKEEL_BINDING");
  expect(verdict).toMatchObject({ holds: true, unverified: [{ essential: false }] });
});

test("another process with the number is not judged", async () => {
  const command = bound("sleep 60");
  await sleep(100);
  const { verdict } = watched(command, 60_000, 12);
  expect(verdict.holds).toBe(false);
  expect(verdict.unverified[0]?.why).toContain("another has its number");
});

const exec = [binary, "exec", "--verify", "30s"] as const;

test("a command that ends before is told so, and nobody waits for the time to pass", () => {
  const began = Date.now();
  const file = join(folder, "early.json");
  const words = [...exec, "--verdict", "early.json", "--", "sleep", "1"];
  const { status, stderr } = spawnSync(process.execPath, words, { cwd: folder, encoding: "utf8" });
  expect(status).toBe(0);
  expect(stderr).toMatch(/process \d+ ended before it was looked at/);
  // Nobody knows that it does not hold.
  expect(stderr).toContain("is not known to hold");
  expect(readDocument(readFileSync(file, "utf8"), file, "Verdict").holds).toBe(false);
  expect(Date.now() - began).toBeLessThan(15_000);
});

test("what a command has started is looked at when it has lost its parent, and the command ended", async () => {
  const file = join(folder, "daemon.json");
  const words = [binary, "exec", "--verify", "500ms", "--verdict", file, "--"];
  const line = "(setsid sleep 30 >/dev/null 2>&1 & echo $!); exit 3";
  const { status, stdout, pid } = spawnSync(process.execPath, [...words, "sh", "-c", line], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const daemon = Number(stdout);
  try {
    expect(status).toBe(3);
    for (let tries = 0; tries < 200 && !existsSync(file); tries++) await sleep(50);
    await sleep(50);
    const told = readDocument(readFileSync(file, "utf8"), file, "Verdict");
    const subjects = JSON.stringify([told.verified, told.findings, told.unverified]);
    expect(subjects).toContain(`process ${daemon}`);
    expect(subjects).not.toContain(`process ${pid}`);
  } finally {
    process.kill(daemon, "SIGKILL");
  }
});

test("what looks is no child of the command, nor in its session, and has none of its files", async () => {
  const own = join(folder, "own");
  const line = `exec 7>"$1"; shift; exec "$@"`;
  const command = spawn(
    "bash",
    ["-c", line, "bash", own, process.execPath, ...exec, "--", "sleep", "60"],
    { stdio: ["ignore", "pipe", "pipe"], detached: true },
  );
  started.push(command);
  const { pid = 0 } = command;
  let [looks] = processesWith("__watch", `${pid}`);
  for (let tries = 0; looks === undefined && tries < 100; tries++) {
    await sleep(50);
    [looks] = processesWith("__watch", `${pid}`);
  }
  while (!readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith("sleep\0")) await sleep(20);
  expect(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")).toBe("");
  const session = (of: number) =>
    / [A-Za-z] \d+ \d+ (\d+)/.exec(readFileSync(`/proc/${of}/stat`, "utf8"))?.[1];
  expect(session(looks ?? pid)).not.toBe(session(pid));
  const link = (path: string): string => readlinkSync(`/proc/${looks}/${path}`);
  expect(link("cwd")).toBe("/");
  const files = readdirSync(`/proc/${looks}/fd`).map((fd) => link(`fd/${fd}`));
  expect(readlinkSync(`/proc/${pid}/fd/7`)).toBe(own);
  expect(files).not.toContain(own);
  expect(files).not.toContain(readlinkSync(`/proc/${pid}/fd/1`));
  expect(files).toContain(readlinkSync(`/proc/${pid}/fd/2`));
  process.kill(pid);
  for (let tries = 0; tries < 100 && processesWith("__watch", `${pid}`).length > 0; tries++) {
    await sleep(50);
  }
  expect(processesWith("__watch", `${pid}`)).toEqual([]);
});

test("standard error stays as the command had it: a pipe that waits", async () => {
  const words = [...exec, "--", "sh", "-c", "sleep 1; grep flags /proc/self/fdinfo/2"];
  const { stdout } = spawnSync(process.execPath, words, { encoding: "utf8" });
  const flags = /flags:\s*(\d+)/.exec(stdout)?.[1] ?? "";
  expect(Number.parseInt(flags, 8) & 0o4000).toBe(0);
});

test("where the command is refused, or cannot be run, nothing goes on looking", () => {
  for (const more of [
    ["--require", "--", "true"],
    ["--", "/etc/passwd"],
  ]) {
    const { stderr } = spawnSync(process.execPath, [...exec, ...more], { encoding: "utf8" });
    expect(stderr).toContain("code ");
    expect(stderr).not.toContain("looked at");
  }
  expect(processesWith("__watch", "1")).toEqual([]);
});
