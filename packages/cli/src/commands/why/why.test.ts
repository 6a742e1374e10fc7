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
