import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { parseInstance } from "@evenkeel/contract/instance.ts";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import { openState, type StateFolder } from "@evenkeel/host/state/state-folder.ts";
import { codedError } from "@evenkeel/host/testing/expect-error.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { qemuInstance } from "@evenkeel/host/testing/vm-host.ts";
import { expect, onTestFinished, test } from "vitest";

const module = join(import.meta.dirname, "../../packages/host/src/state/state-folder.ts");
const instance = qemuInstance(planOf({ vm: "llm-a", cells: [{ cores: 1 }] }));

const opened = (folder: string): Promise<StateFolder> => openState(folder, parseInstance);

/** A command that holds the lock of llm-a, runs a program, and says the program's process id. */
async function holder(folder: string): Promise<{ readonly pid: number; readonly program: number }> {
  const script = `
    import { spawn } from "node:child_process";
    import { openState } from ${JSON.stringify(module)};
    const state = await openState(${JSON.stringify(folder)}, JSON.parse);
    await state.lockInstance("llm-a");
    console.log(spawn("sleep", ["60"], { stdio: "ignore" }).pid);
    setTimeout(() => {}, 60_000);
  `;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [said]: unknown[] = await once(child.stdout, "data");
  const [pid, program] = [child.pid, Number(String(said))];
  if (pid === undefined) throw new Error("it has no process id");
  onTestFinished(() => [pid, program].forEach(end));
  return { pid, program };
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
}

/** The processes that a process has started, by their command lines. */
function childrenOf(pid: number): readonly { readonly pid: number; readonly argv: string }[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  const pids = children === "" ? [] : children.split(" ").map(Number);
  return pids.map((one) => ({ pid: one, argv: readFileSync(`/proc/${one}/cmdline`, "utf8") }));
}

function openFiles(pid: number): readonly string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).map((file) => readlinkSync(join(folder, file)));
}

test("a lock outlives every program that its command has started", async () => {
  const folder = scratchFolder();
  const state = await opened(folder);
  const { pid } = await holder(folder);
  for (const child of childrenOf(pid)) end(child.pid);
  for (let tries = 0; tries < 20; tries++) {
    expect(await state.lockInstance("llm-a")).toBeNull();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
});

test("no helper stays to hold a lock, and no program inherits it", async () => {
  const folder = scratchFolder();
  const { pid, program } = await holder(folder);
  const lock = join(folder, "vms", "llm-a.lock");
  expect(childrenOf(pid).map(({ argv }) => argv)).toEqual(["sleep\u000060\u0000"]);
  expect(openFiles(pid)).toContain(lock);
  expect(openFiles(program)).not.toContain(lock);
});

test("a lock is free at once when its command is killed, though its programs run on", async () => {
  const folder = scratchFolder();
  const state = await opened(folder);
  const { pid, program } = await holder(folder);
  process.kill(pid, "SIGKILL");
  while (existsSync(`/proc/${pid}`)) await new Promise((resolve) => setTimeout(resolve, 1));
  const lock = await state.lockInstance("llm-a");
  expect(lock).not.toBeNull();
  expect(existsSync(`/proc/${program}/exe`)).toBe(true);
  await lock?.release();
});

test.each(["removed", "replaced"])("nothing is written once a lock file is %s", async (how) => {
  const folder = scratchFolder();
  const state = await opened(folder);
  const other = await opened(folder);
  await state.withHostLock(async () => {
    await state.write(instance);
    rmSync(join(folder, "lock"));
    if (how === "replaced") await other.withHostLock(async () => {});
    const error = await codedError("state-unusable", () =>
      state.write({ ...instance, phase: "stopping" }),
    );
    expect(error.where).toBe(join(folder, "lock"));
    await codedError("state-unusable", () => state.remove(instance));
  });
  expect(state.read().instances).toEqual([instance]);
  await state.withHostLock(() => state.write({ ...instance, phase: "stopping" }));
});

test("a command that waited for a lock file that is then removed locks the new one", async () => {
  const folder = scratchFolder();
  const [first, second] = [await opened(folder), await opened(folder)];
  const waiting: Promise<void>[] = [];
  await first.withHostLock(async () => {
    waiting.push(second.withHostLock(() => second.write(instance)));
    await new Promise((resolve) => setTimeout(resolve, 200));
    renameSync(join(folder, "lock"), join(folder, "moved"));
  });
  await Promise.all(waiting);
  expect(second.read().instances).toEqual([instance]);
});

test.each(["lock", "vms/llm-a.lock"])("%s is refused as a link or FIFO", async (name) => {
  const folder = scratchFolder();
  const state = await opened(folder);
  const path = join(folder, name);
  const take = (): Promise<unknown> =>
    name === "lock" ? state.withHostLock(async () => {}) : state.lockInstance("llm-a");
  const victim = join(scratchFolder(), "victim");
  symlinkSync(victim, path);
  expect((await codedError("state-untrusted", take)).where).toBe(path);
  expect(existsSync(victim)).toBe(false);
  writeFileSync(victim, "");
  await codedError("state-untrusted", take);
  rmSync(path);
  execFileSync("mkfifo", [path]);
  expect((await codedError("state-untrusted", take)).where).toBe(path);
});
