import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { evenkeel } from "@evenkeel/cli/testing/evenkeel.ts";
import { parseInstance } from "@evenkeel/contract/instance.ts";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import { startInstance } from "@evenkeel/host/instance/start.ts";
import { systemClock } from "@evenkeel/host/clock/clock.ts";
import { openState } from "@evenkeel/host/state/state-folder.ts";
import { guestFromPlan } from "@evenkeel/core/guest/from-plan.ts";
import { codedError } from "@evenkeel/host/testing/expect-error.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { deadLibvirt, qemuInstance } from "@evenkeel/host/testing/vm-host.ts";
import { expect, test } from "vitest";

const nobody = 65534;
const isRoot = process.getuid?.() === 0;
const plan = planOf({ vm: "llm-a", cells: [{ cores: 1 }] });
const instance = qemuInstance(plan);

/** A state folder with a VM in it, made as Evenkeel makes it. */
async function place() {
  const folder = join(scratchFolder(), "state");
  const state = await openState(folder, parseInstance);
  await state.write(instance);
  writeFileSync(join(folder, "lock"), "", { mode: 0o600 });
  mkdirSync(join(folder, "run", instance.uuid), { recursive: true, mode: 0o700 });
  const run = (...argv: readonly string[]) =>
    evenkeel([...argv, "--state", folder], { env: { LIBVIRT_DEFAULT_URI: deadLibvirt } });
  return { folder, state, run, stop: () => run("stop", "llm-a", "--timeout", "0") };
}

test("what Evenkeel makes is its caller's alone, and is used again", async () => {
  const { folder, run, stop } = await place();
  for (const name of ["", "vms"]) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o700);
  expect(await run("list")).toMatchObject({ stderr: "", status: 0 });
  expect(await stop()).toMatchObject({ stdout: "llm-a is stopped\n", status: 0 });
});

const things = [".", "vms", "run", "vms/llm-a.json", "lock", ".."];

test.skipIf(!isRoot).each(things)("%s is refused when it is another user's", async (name) => {
  const { folder, run, stop } = await place();
  const path = join(folder, name);
  chownSync(path, nobody, nobody);
  const { stderr, status } = await stop();
  expect(status).toBe(2);
  expect(stderr).toContain(path);
  expect(stderr).toContain(`it belongs to the user ${nobody}`);
  expect(existsSync(join(folder, "vms", "llm-a.json"))).toBe(true);
  if (name === "." || name === "vms") expect(await run("list")).toMatchObject({ status: 2 });
});

test.each(things)("%s is refused when others may write to it", async (name) => {
  const path = async (mode: number): Promise<string> => {
    const { folder, stop } = await place();
    chmodSync(join(folder, name), mode);
    const { stderr, status } = await stop();
    expect(status).toBe(2);
    expect(statSync(join(folder, name)).mode & 0o7777).toBe(mode);
    return stderr;
  };
  expect(await path(0o770)).toContain("others than its owner");
  expect(await path(0o707)).toContain("others than its owner");
});

test.skipIf(!isRoot)("no command of a record in another user's folder is run", async () => {
  const { folder, state, run, stop } = await place();
  const [program, ran] = [join(folder, "..", "program"), join(folder, "..", "ran")];
  writeFileSync(program, `#!/bin/sh\n: > ${ran}\n`, { mode: 0o755 });
  await state.write({ ...instance, via: "libvirt", uri: `qemu+ext:///system?command=${program}` });
  execFileSync("chown", ["-R", `${nobody}`, folder]);
  expect((await run("list")).stderr).toContain("state-untrusted");
  expect((await stop()).stderr).toContain("state-untrusted");
  expect(existsSync(ran)).toBe(false);
});

test.each([".", "vms", "run"])("%s is refused as a link to a folder", async (name) => {
  const { folder, stop } = await place();
  const path = join(folder, name);
  renameSync(path, join(dirname(folder), "elsewhere"));
  symlinkSync(join(dirname(folder), "elsewhere"), path);
  const { stderr, status } = await stop();
  expect(stderr).toContain("it is a symbolic link");
  expect(status).toBe(2);
});

test("the run folder of a VM is refused as a link, and nothing is written through it", async () => {
  const { folder, state } = await place();
  const victim = scratchFolder();
  chmodSync(victim, 0o755);
  rmSync(join(folder, "run", instance.uuid), { recursive: true });
  symlinkSync(victim, join(folder, "run", instance.uuid));
  const lock = await state.lockInstance("llm-a");
  if (lock === null) throw new Error("the lock is not free");
  const started = await startInstance(
    {
      instance: { ...instance, phase: "starting" },
      lock,
      guest: guestFromPlan(plan),
      options: { emulated: true },
      note: () => {},
      signal: new AbortController().signal,
    },
    state,
    systemClock,
  );
  expect(started).toMatchObject({ kind: "undone", failure: { code: "state-untrusted" } });
  expect(readdirSync(victim)).toEqual([]);
  expect(statSync(victim).mode & 0o777).toBe(0o755);
});

test.each(["link", "FIFO", "socket"])("a record that is a %s is refused", async (kind) => {
  const { folder, run, stop } = await place();
  const path = join(folder, "vms", "other.json");
  if (kind === "link") symlinkSync(join(folder, "vms", "llm-a.json"), path);
  if (kind === "FIFO") execFileSync("mkfifo", [path]);
  if (kind === "socket") {
    const bind = "import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])";
    execFileSync("python3", ["-c", bind, path]);
  }
  const { stdout, stderr, status } = await run("list");
  expect(stdout).toContain("llm-a");
  expect(stderr).toContain(`${path}: cannot be used: it is a`);
  expect(status).toBe(2);
  expect(await stop()).toMatchObject({ status: 0 });
});

test("a folder above that others may write to is refused before anything is made", async () => {
  const parent = scratchFolder();
  chmodSync(parent, 0o777);
  const folder = join(parent, "deep", "state");
  expect((await codedError("state-untrusted", () => openState(folder, parseInstance))).where).toBe(
    parent,
  );
  expect(readdirSync(parent)).toEqual([]);
  chmodSync(parent, 0o1777);
  await openState(folder, parseInstance);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});
