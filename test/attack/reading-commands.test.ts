import { spawn } from "node:child_process";
import { chmodSync, existsSync, lstatSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { evenkeel } from "@evenkeel/cli/testing/evenkeel.ts";
import { parseInstance } from "@evenkeel/contract/instance.ts";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import { openState, type StateFolder } from "@evenkeel/host/state/state-folder.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { deadLibvirt, qemuInstance } from "@evenkeel/host/testing/vm-host.ts";
import { expect, onTestFinished, test } from "vitest";

const plan = planOf({ vm: "llm-a", cells: [{ cores: 1 }] });
const commands: string[][] = [["list"], ["verify", "llm-a"]];

const ask = (folder: string, argv: readonly string[]) =>
  evenkeel([...argv, "--state", folder], { env: { LIBVIRT_DEFAULT_URI: deadLibvirt } });

async function stateWith(phase: Instance["phase"]): Promise<[string, StateFolder]> {
  const folder = join(scratchFolder(), "state");
  const state = await openState(folder, parseInstance);
  await state.write(qemuInstance(plan, { phase }));
  return [folder, state];
}

/** Every file with what a change to it would alter. */
function everything(folder: string): readonly unknown[] {
  const names = readdirSync(folder, { recursive: true }).map(String).toSorted();
  return ["", ...names].map((name) => {
    const { ino, mode, uid, size, mtimeMs, ctimeMs } = lstatSync(join(folder, name));
    return { name, ino, mode, uid, size, mtimeMs, ctimeMs };
  });
}

test.each(commands)("%s leaves a folder that is not a state folder as it is", async (...argv) => {
  const folder = scratchFolder();
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, "notes.txt"), "mine");
  const before = everything(folder);
  await ask(folder, argv);
  expect(everything(folder)).toEqual(before);
  await ask(join(folder, "none"), argv);
  expect(existsSync(join(folder, "none"))).toBe(false);
});

test.each(commands)(
  "%s reports a start and a stop that were cut off, and leaves them",
  async (...argv) => {
    for (const [phase, text] of [
      [
        "starting",
        "a start of llm-a was cut off; the next run or adopt, or a stop of it, undoes it",
      ],
      [
        "stopping",
        "a stop of llm-a was cut off; the next run or adopt, or a stop of it, completes it",
      ],
    ] as const) {
      const [folder, state] = await stateWith(phase);
      const lock = await state.lockInstance("llm-a");
      expect((await ask(folder, argv)).stderr).not.toContain("cut off");
      await lock?.release();
      const before = everything(dirname(folder));
      expect((await ask(folder, argv)).stderr).toContain(text);
      expect(everything(dirname(folder))).toEqual(before);
    }
  },
);

test.each(commands)("%s answers while another command holds every lock", async (...argv) => {
  const [folder, state] = await stateWith("running");
  await state.withHostLock(async () => {
    const lock = await state.lockInstance("llm-a");
    const started = performance.now();
    const { stdout } = await ask(folder, argv);
    expect(stdout).toContain("llm-a");
    expect(performance.now() - started).toBeLessThan(20_000);
    await lock?.release();
  });
});

test("a VM that a reading command looks at is not taken for busy", async () => {
  const [folder, state] = await stateWith("starting");
  const lock = join(folder, "vms", "llm-a.lock");
  writeFileSync(lock, "", { mode: 0o600 });
  const reader = spawn("flock", ["--shared", lock, "-c", "echo held; sleep 0.02"]);
  onTestFinished(() => void reader.kill());
  await new Promise((resolve) => reader.stdout.once("data", resolve));
  const taken = await state.lockInstance("llm-a");
  expect(taken).not.toBeNull();
  await taken?.release();
});
