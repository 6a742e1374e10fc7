import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readDocument } from "@evenkeel/contract/read-document.ts";
import { alterations } from "@evenkeel/core/testing/explain/altered/alterations.ts";
import { cleanVm } from "@evenkeel/core/testing/explain/clean.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { expect, test } from "vitest";
import { evenkeel } from "../../../testing/evenkeel.ts";

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
