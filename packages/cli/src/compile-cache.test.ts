import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { expect, test } from "vitest";

const binary = join(import.meta.dirname, "../bin/evenkeel.mjs");

/** Runs a command with its cache below a folder, and says what is in the cache then. */
function cachedBelow(home: string): string[] {
  const env = { PATH: process.env["PATH"], XDG_CACHE_HOME: home };
  const out = execFileSync(process.execPath, [binary, "--help"], { env, encoding: "utf8" });
  expect(out).toContain("Usage");
  return readdirSync(join(home, "evenkeel"));
}

test("what Node compiled is kept in a folder that is the user's alone", () => {
  const home = join(scratchFolder(), "new");
  expect(cachedBelow(home)).toHaveLength(1);
  expect(statSync(join(home, "evenkeel")).mode & 0o777).toBe(0o700);
});

test("a command that becomes another leaves what Node compiled for it, as Node never ends", () => {
  const home = join(scratchFolder(), "new");
  const env = { PATH: process.env["PATH"], XDG_CACHE_HOME: home };
  execFileSync(process.execPath, [binary, "exec", "--", "true"], { env, stdio: "ignore" });
  const files = readdirSync(join(home, "evenkeel"), { recursive: true });
  expect(files.length).toBeGreaterThan(50);
});

test("a folder that others can write to, or that is a link, is not trusted", () => {
  const open = scratchFolder();
  mkdirSync(join(open, "evenkeel"));
  chmodSync(join(open, "evenkeel"), 0o777);
  expect(cachedBelow(open)).toEqual([]);
  const linked = scratchFolder();
  mkdirSync(join(linked, "elsewhere"), { mode: 0o700 });
  symlinkSync(join(linked, "elsewhere"), join(linked, "evenkeel"));
  expect(cachedBelow(linked)).toEqual([]);
});

test("without a place for a cache everything works", () => {
  const env = { ...process.env, XDG_CACHE_HOME: "/proc/nowhere" };
  const out = execFileSync(process.execPath, [binary, "--help"], { env, encoding: "utf8" });
  expect(out).toContain("Usage");
});
