import { spawn } from "node:child_process";
import { copyFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readDocument } from "@evenkeel/contract/read-document.ts";
import { alterations } from "@evenkeel/core/testing/explain/altered/alterations.ts";
import { cleanVm } from "@evenkeel/core/testing/explain/clean.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { expect, onTestFinished, test } from "vitest";
import { evenkeel } from "../../../testing/evenkeel.ts";

const folder = scratchFolder();

function record(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(content));
  return path;
}

const [clean, twin] = [cleanVm(0), cleanVm(1)];
const b = record("b.json", twin);

test.each(alterations)("the records of two twins are explained: $code", async (altered) => {
  const { code, alter, alterTwin } = altered;
  const a = record(`${code}.json`, alter(clean));
  const other = alterTwin === undefined ? b : record(`${code}-twin.json`, alterTwin(twin));
  const { status, stdout, stderr } = await evenkeel(["why", a, other, "--output", "json"]);
  expect([status, stderr]).toEqual([0, ""]);
  const { differences, twins } = readDocument(stdout, "stdout", "Explanation");
  expect(twins).toBe(false);
  expect(differences[0]).toMatchObject({ code, in: "a" });
});

test("two that are in order are twins, and a measured gap stays unexplained", async () => {
  const a = record("a.json", clean);
  const text = await evenkeel(["why", a, b, "--gap", "20%"]);
  expect(text.status).toBe(0);
  expect(text.stdout).toContain("placement does not explain it");
  expect(text.stdout).toContain("0 % is explained and 20 % is not");
  for (const gap of ["1.2x", "0.2"]) {
    const again = await evenkeel(["why", a, "-", "--gap", gap], { stdin: JSON.stringify(twin) });
    expect(again.stdout).toBe(text.stdout);
  }
});

test("a page is written for a ticket", async () => {
  const a = record("a.json", clean);
  const { stdout } = await evenkeel(["why", a, b, "--output", "html"]);
  expect(stdout).toMatch(/^<!doctype html>\n[^]*<\/html>\n$/);
});

test("what a record leaves out is unknown, and is said", async () => {
  const { apiVersion, kind, of, name, host, takenAt } = clean;
  const bare = { apiVersion, kind, of, name, host, takenAt, cgroups: [], devices: [], shapes: [] };
  const a = record("bare.json", { ...bare, kernel: {}, unreadable: [] });
  const { status, stdout } = await evenkeel(["why", a, b, "--output", "json"]);
  expect(status).toBe(0);
  const { differences, unchecked } = readDocument(stdout, "stdout", "Explanation");
  expect(differences.filter((one) => one.in !== "b")).toEqual([]);
  expect(unchecked.length).toBeGreaterThan(0);
});

test("a gap that is none, and a file that is no record, are refused", async () => {
  const a = record("a.json", clean);
  const wrong = await evenkeel(["why", a, b, "--gap", "much"]);
  expect([wrong.status, wrong.stdout]).toEqual([2, ""]);
  expect(wrong.stderr).toContain("20%");
  const other = await evenkeel(["why", a, record("verdict.json", { kind: "Verdict" })]);
  expect([other.status, other.stdout]).toEqual([2, ""]);
});

test("one record twice is refused, by whatever name, with what tells of one alone", async () => {
  const a = record("once.json", clean);
  const [link, copy] = [join(folder, "link.json"), join(folder, "copy.json")];
  symlinkSync(a, link);
  copyFileSync(a, copy);
  const indented = join(folder, "indented.json");
  writeFileSync(indented, JSON.stringify(clean, null, 2));
  for (const other of [a, join(folder, ".", "sub", "..", "once.json"), link, copy, indented]) {
    const { status, stdout, stderr } = await evenkeel(["why", a, other]);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("usage");
    expect(stderr).toContain(`evenkeel doctor ${a} says what is wrong with one alone`);
  }
  const piped = await evenkeel(["why", a, "-"], { stdin: JSON.stringify(clean) });
  expect([piped.status, piped.stdout]).toEqual([2, ""]);
});

test("two records of one VM from two times are two", async () => {
  const a = record("then.json", clean);
  const later = record("now.json", { ...clean, takenAt: "2026-01-31T12:00:01.000Z" });
  const { status, stdout } = await evenkeel(["why", a, later]);
  expect(status).toBe(0);
  expect(stdout).toContain("placement does not explain it");
});

test.skipIf(process.platform !== "linux")(
  "one process twice is refused; a record of it is another time",
  async () => {
    const child = spawn("sleep", ["60"]);
    onTestFinished(() => void child.kill("SIGKILL"));
    const pid = `${child.pid}`;
    const state = ["--state", join(folder, "state")];
    const twice = await evenkeel(["why", pid, pid, ...state]);
    expect([twice.status, twice.stdout]).toEqual([2, ""]);
    expect(twice.stderr).toContain(`evenkeel doctor ${pid}`);
    const { stdout } = await evenkeel(["evidence", pid, ...state]);
    const recorded = record("sleep.json", JSON.parse(stdout));
    const both = await evenkeel(["why", recorded, pid, ...state]);
    expect([both.status, both.stderr]).toEqual([0, ""]);
  },
);
