import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseInstance } from "@evenkeel/contract/instance.ts";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import { expect, test } from "vitest";
import { scratchFolder } from "../../testing/scratch.ts";
import { qemuInstance } from "../../testing/vm-host.ts";
import { leftoversAmong } from "./leftovers.ts";
import { openState } from "./state-folder.ts";

const instance = qemuInstance(planOf({ vm: "llm-a", cells: [{ cores: 1 }] }));

test("half-written records and locks without a record are leftovers, by their VM", () => {
  const files = [".a.json.1", ".a.json.2", "a.json", "a.lock", ".acme.b.json.3", "c.lock", "d.txt"];
  expect(leftoversAmong(files)).toEqual([
    { name: "a", files: [".a.json.1", ".a.json.2"] },
    { name: "acme.b", files: [".acme.b.json.3", "acme.b.lock"] },
    { name: "c", files: ["c.lock"] },
  ]);
  expect(leftoversAmong(["a.json", "a.lock", ".json.1", ".lock"])).toEqual([]);
});

test("a sweep removes leftovers, but nothing of a VM that a command works on", async () => {
  const folder = scratchFolder();
  const state = await openState(folder, parseInstance);
  const vms = join(folder, "vms");
  await state.write(instance);
  const lock = await state.lockInstance("llm-b");
  for (const name of ["llm-a", "llm-b", "llm-c"]) writeFileSync(join(vms, `.${name}.json.1`), "{");
  // What is no file stays, and hinders nothing.
  mkdirSync(join(vms, ".llm-d.json.1"));
  writeFileSync(join(vms, "llm-e.lock"), "");
  await state.withHostLock(state.sweep);
  const left = readdirSync(vms).toSorted();
  expect(left.filter((file) => file !== "llm-d.lock" && file !== "llm-a.lock")).toEqual(
    [".llm-b.json.1", ".llm-d.json.1", "llm-a.json", "llm-b.lock"].toSorted(),
  );
  await lock?.release();
  rmSync(join(vms, ".llm-d.json.1"), { recursive: true });
  await state.withHostLock(state.sweep);
  expect(readdirSync(vms).filter((file) => file !== "llm-a.lock")).toEqual(["llm-a.json"]);
});

test("a VM whose run folder cannot be removed keeps its record", async () => {
  const folder = scratchFolder();
  const state = await openState(folder, parseInstance);
  await state.write(instance);
  writeFileSync(join(folder, "run"), "no folder");
  await expect(state.withHostLock(() => state.remove(instance))).rejects.toThrow("it is a file");
  expect(readdirSync(join(folder, "vms"))).toEqual(["llm-a.json"]);
});
