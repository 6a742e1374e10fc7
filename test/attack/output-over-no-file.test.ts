import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { execFileSync, spawnSync } from "node:child_process";
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";

const binary = join(import.meta.dirname, "../../packages/cli/bin/evenkeel.mjs");
const evenkeel = (...args: readonly string[]) =>
  spawnSync(process.execPath, [binary, ...args], { encoding: "utf8" });

/** mknod(1) and mkfifo(1) from coreutils; a device needs root. */
const make = {
  "a device": (path: string) => {
    execFileSync("mknod", [path, "c", "1", "3"]);
  },
  "a named pipe": (path: string) => {
    execFileSync("mkfifo", [path]);
  },
  "a folder": (path: string) => {
    mkdirSync(path);
  },
  "a symbolic link": (path: string) => {
    symlinkSync("/dev/null", path);
  },
} as const;

const mayMakeDevices = ((): boolean => {
  const path = join(scratchFolder(), "device");
  const made = spawnSync("mknod", [path, "c", "1", "3"]).status === 0;
  if (made) rmSync(path);
  return made;
})();

test.each(Object.entries(make))("a snapshot does not replace %s", (kind, makeAt) => {
  if (kind === "a device" && !mayMakeDevices) return;
  const folder = scratchFolder();
  const path = join(folder, "host.tar");
  makeAt(path);
  const before = lstatSync(path);
  const { status, stdout, stderr } = evenkeel("snapshot", path);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toContain(`${kind} has this name`);
  const after = lstatSync(path);
  expect([after.ino, after.mode, after.mtimeMs]).toEqual([before.ino, before.mode, before.mtimeMs]);
  expect(readdirSync(folder)).toEqual(["host.tar"]);
});

test("a snapshot does not replace a socket", async () => {
  const folder = scratchFolder();
  const path = join(folder, "host.tar");
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  try {
    const { status, stderr } = evenkeel("snapshot", path);
    expect(status).toBe(2);
    expect(stderr).toContain("a socket has this name");
    expect(statSync(path).isSocket()).toBe(true);
  } finally {
    server.close();
  }
});

test("a snapshot neither replaces a link to a file nor writes where it leads", () => {
  const folder = scratchFolder();
  const [link, victim] = [join(folder, "host.tar"), join(folder, "victim")];
  writeFileSync(victim, "as it was");
  symlinkSync(victim, link);
  expect(evenkeel("snapshot", link).status).toBe(2);
  expect(readlinkSync(link)).toBe(victim);
  expect(readFileSync(victim, "utf8")).toBe("as it was");
});

test("a demo writes none of its files where one of their names is taken by something else", () => {
  const folder = scratchFolder();
  const demo = ["demo", "--on", "machine:hgx-h100", "--out", folder];
  expect(evenkeel(...demo).status).toBe(0);
  const names = readdirSync(folder).toSorted();
  expect(names).toHaveLength(4);
  const last = join(folder, names.at(-1) ?? "");
  renameSync(last, join(folder, "before"));
  symlinkSync("/dev/null", last);
  const times = (): readonly number[] =>
    readdirSync(folder).map((name) => lstatSync(join(folder, name)).mtimeMs);
  const before = times();
  const { status, stderr } = evenkeel(...demo);
  expect(status).toBe(2);
  expect(stderr).toContain("a symbolic link has this name");
  expect(times()).toEqual(before);
});
