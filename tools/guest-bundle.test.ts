import { spawnSync } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { contractOf } from "@evenkeel/core/guest/contract/from-guest.ts";
import { guestFromPlan } from "@evenkeel/core/guest/from-plan.ts";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import { KiB } from "@evenkeel/core/unit/bytes.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { beforeAll, expect, test } from "vitest";
import { bundleGuest } from "./bundle-guest.ts";

const folder = scratchFolder();
const file = join(folder, "evenkeel-guest.mjs");
const cli = join(import.meta.dirname, "../packages/cli/bin/evenkeel.mjs");

function run(program: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: folder,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

beforeAll(() => bundleGuest(file));

test("it is one small file", () => {
  expect(statSync(file).size).toBeLessThan(440 * KiB);
  const text = readFileSync(file, "utf8");
  expect(text.startsWith("#!/usr/bin/env node\n")).toBe(true);
});

test("by itself it says what the command line says, and knows no other command", () => {
  for (const args of [
    ["guest", "report"],
    ["guest", "script"],
    ["guest", "--help"],
    ["guest", "check", "--contract", "none.json"],
    ["--version"],
  ]) {
    expect([args, run(file, ...args)]).toEqual([args, run(cli, ...args)]);
  }
  expect(run(file, "place")).toMatchObject({ status: 2, stdout: "" });
});

test("it holds a guest against a contract", () => {
  const plan = planOf({ vm: "llm-a", cells: [{ cores: 1 }, { cores: 1, hostNode: 1 }] });
  writeFileSync(join(folder, "contract.json"), JSON.stringify(contractOf(guestFromPlan(plan))));
  const asked = ["guest", "check", "--contract", "contract.json", "--output", "json"];
  const [own, whole] = [file, cli].map((program) => run(program, ...asked));
  const untimed = (text = ""): unknown => ({ ...JSON.parse(text), takenAt: "" });
  expect(own?.status).toBe(3);
  expect(untimed(own?.stdout)).toEqual(untimed(whole?.stdout));
  writeFileSync(join(folder, "contract.json"), "{");
  expect(run(file, ...asked).stderr).toContain("json-malformed");
});
