import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseInstance } from "@evenkeel/contract/instance.ts";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import { expect, test } from "vitest";
import { codedError } from "../../testing/expect-error.ts";
import { scratchFolder } from "../../testing/scratch.ts";
import { qemuInstance } from "../../testing/vm-host.ts";
import { openState, refuseDamaged, type StateFolder } from "./state-folder.ts";

const address = "0000:1b:00.0";
const instanceOf = (vm: string): Instance =>
  qemuInstance(planOf({ vm, cells: [{ cores: 1, devices: [{ address }] }] }), {
    drivers: [{ address, driver: "nvidia", override: null }],
  });

const opened = (folder: string): Promise<StateFolder> => openState(folder, parseInstance);

test("what is written is read back, by its owner alone, and removed without a trace", async () => {
  const folder = join(scratchFolder(), "state");
  const state = await opened(folder);
  const [a, b] = [instanceOf("a"), instanceOf("b")];
  await state.write(a);
  await state.write(b);
  await state.write({ ...b, phase: "stopping" });
  expect(state.read()).toEqual({ instances: [a, { ...b, phase: "stopping" }], damaged: [] });
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, "vms")).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, "vms", "a.json")).mode & 0o777).toBe(0o600);
  await state.withHostLock(async () => {
    for (const instance of [a, b]) {
      const lock = await state.lockInstance(instance.name);
      await state.remove(instance);
      await lock?.release();
    }
  });
  expect(readdirSync(join(folder, "vms"))).toEqual([]);
});

test("a file that is torn, foreign or hostile hides no other, and is named", async () => {
  const folder = scratchFolder();
  const state = await opened(folder);
  const good = instanceOf("good");
  await state.write(good);
  const text = readFileSync(join(folder, "vms", "good.json"), "utf8");
  const bad: Readonly<Record<string, string>> = {
    "cut.json": text.slice(0, text.length / 2),
    "empty.json": "",
    "other.json": text,
    "name.json": text.replaceAll('"good"', '"../../etc/passwd"'),
    "driver.json": text.replace('"nvidia"', '"../../../etc"'),
    "extra.json": text.replace('"kind"', '"__proto__": {}, "kind"'),
    "uuid.json": text.replace(good.uuid, "00000000-0000-4000-8000-000000000000"),
  };
  for (const [name, content] of Object.entries(bad)) {
    writeFileSync(join(folder, "vms", name), content);
  }
  mkdirSync(join(folder, "vms", "folder.json"));
  writeFileSync(join(folder, "vms", ".good.json.1234"), text.slice(0, 10));
  const found = state.read();
  expect(found.instances).toEqual([good]);
  expect(found.damaged.map(({ path }) => path.slice(path.lastIndexOf("/") + 1))).toEqual(
    [...Object.keys(bad), "folder.json"].toSorted(),
  );
  const error = await codedError("state-damaged", () => refuseDamaged(found));
  expect(error.where).toBe(join(folder, "vms", "cut.json"));
  expect(readdirSync(join(folder, "vms"))).toHaveLength(Object.keys(bad).length + 3);
});

test("a folder that cannot be used is named", async () => {
  const file = join(scratchFolder(), "file");
  writeFileSync(file, "");
  const error = await codedError("state-unusable", () => opened(join(file, "state")));
  expect(error.where).toBe(join(file, "state"));
});

/** Runs a program of ours in a process of its own, with the state folder at hand. */
function child(folder: string, body: string): ReturnType<typeof spawn> {
  const script = `
    import { openState } from ${JSON.stringify(join(import.meta.dirname, "state-folder.ts"))};
    const parse = (text) => JSON.parse(text);
    const state = await openState(${JSON.stringify(folder)}, parse);
    const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    ${body}
  `;
  const args = ["--input-type=module", "--eval", script];
  return spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
}

test("two commands decide one after the other, and lose nothing of each other", async () => {
  const folder = scratchFolder();
  const state = await opened(folder);
  const counter = join(folder, "counter");
  writeFileSync(counter, "0");
  const body = `
    const { readFileSync, writeFileSync } = await import("node:fs");
    for (let i = 0; i < 10; i++) {
      await state.withHostLock(async () => {
        const before = Number(readFileSync(${JSON.stringify(counter)}, "utf8"));
        await sleep(2);
        writeFileSync(${JSON.stringify(counter)}, String(before + 1));
      });
    }
  `;
  const children = [child(folder, body), child(folder, body)];
  await Promise.all(children.map((one) => once(one, "close")));
  expect(readFileSync(counter, "utf8")).toBe("20");
  await state.withHostLock(async () => {});
});

test("the locks of a command that is killed are free again, and what it began is there", async () => {
  const folder = scratchFolder();
  const state = await opened(folder);
  const instance = instanceOf("llm-a");
  const body = `
    await state.withHostLock(async () => {
      await state.lockInstance("llm-a");
      await state.write(${JSON.stringify({ ...instance, phase: "starting" })});
      console.log("begun");
      await sleep(60000);
    });
  `;
  const victim = child(folder, body);
  if (victim.stdout === null) throw new Error("it has no standard output");
  await once(victim.stdout, "data");
  expect(await state.lockInstance("llm-a")).toBeNull();
  victim.kill("SIGKILL");
  await once(victim, "close");
  await state.withHostLock(async () => {
    const lock = await state.lockInstance("llm-a");
    expect(lock).not.toBeNull();
    expect(state.read().instances).toMatchObject([{ name: "llm-a", phase: "starting" }]);
    await lock?.release();
  });
});

test("a command that is killed while it writes leaves the file before, whole", async () => {
  const folder = scratchFolder();
  const state = await opened(folder);
  const instance = instanceOf("llm-a");
  await state.write(instance);
  const body = `
    const instance = ${JSON.stringify(instance)};
    console.log("begun");
    for (let i = 0; ; i++) await state.write({ ...instance, phase: i % 2 ? "running" : "stopping" });
  `;
  for (const afterMs of [0, 3, 7, 15, 40]) {
    const victim = child(folder, body);
    if (victim.stdout === null) throw new Error("it has no standard output");
    await once(victim.stdout, "data");
    await sleep(afterMs);
    victim.kill("SIGKILL");
    await once(victim, "close");
    const { instances, damaged } = state.read();
    expect(damaged).toEqual([]);
    expect(instances).toMatchObject([{ name: "llm-a", plan: { vm: "llm-a" } }]);
  }
  expect(existsSync(join(folder, "vms", "llm-a.json"))).toBe(true);
});
