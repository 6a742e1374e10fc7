import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  readlinkSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { indexSet } from "@evenkeel/core/set/index-set.ts";
import { expect, test } from "vitest";
import { scratchFolder } from "../../testing/scratch.ts";
import { loadProcessCalls } from "../native/process-calls.ts";
import { leasesAround } from "./leases-around.ts";
import { leasePath, leasesHere, openLease } from "./leases.ts";
import { takeLease } from "./take-leases.ts";

const isRoot = process.getuid?.() === 0;
const nobody = 65534;
const calls = await loadProcessCalls();
const lock = calls?.lock ?? (() => 0);

test.skipIf(!isRoot)("root makes the folder for everybody, whatever the umask is", () => {
  const above = join(scratchFolder(), "evenkeel");
  // As root's commands make it for their lock.
  mkdirSync(above, { mode: 0o700 });
  const folder = join(above, "leases");
  const umask = process.umask(0o077);
  try {
    expect(leasesHere(folder, true)).toBe(null);
    expect(process.umask()).toBe(0o077);
  } finally {
    process.umask(umask);
  }
  expect(statSync(folder).mode & 0o7777).toBe(0o1777);
  expect(statSync(above).mode & 0o7777).toBe(0o755);
});

const folderFaults: readonly (readonly [string, (folder: string) => void, string])[] = [
  ["is missing", (folder) => rmSync(folder, { recursive: true }), "there is no"],
  [
    "is a file",
    (folder) => (rmSync(folder, { recursive: true }), writeFileSync(folder, "")),
    "no folder",
  ],
  [
    "is a link",
    (folder) => (rmSync(folder, { recursive: true }), symlinkSync("/tmp", folder)),
    "no folder",
  ],
  ["has no sticky bit", (folder) => chmodSync(folder, 0o777), "sticky"],
  ["lies where anybody may move it", (folder) => chmodSync(join(folder, ".."), 0o777), "sticky"],
];

test.each(folderFaults)("a folder that %s is not trusted", (_, spoil, why) => {
  const folder = join(scratchFolder(), "evenkeel", "leases");
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o1777);
  expect(leasesHere(folder, false)).toBe(null);
  spoil(folder);
  expect(leasesHere(folder, false)).toContain(why);
});

test.skipIf(!isRoot).each([".", ".."])("a folder of another user at %s is not trusted", (place) => {
  const folder = join(scratchFolder(), "evenkeel", "leases");
  mkdirSync(folder, { recursive: true });
  chownSync(join(folder, place), nobody, nobody);
  expect(leasesHere(folder, true)).toContain("belongs to another user");
});

const things: readonly (readonly [string, (path: string) => void, string])[] = [
  [
    "a link to a file",
    (path) => (writeFileSync(`${path}.to`, ""), symlinkSync(`${path}.to`, path)),
    "is no file",
  ],
  ["a link to nothing", (path) => symlinkSync(`${path}.nothing`, path), "is no file"],
  ["a FIFO", (path) => execFileSync("mkfifo", [path]), "is no file"],
  ["a folder", (path) => mkdirSync(path), "is no file"],
  [
    "a hard link",
    (path) => (writeFileSync(`${path}.to`, ""), linkSync(`${path}.to`, path)),
    "second name",
  ],
];

test.each(things)("%s in place of a lease is not opened, and is said", (_, make, why) => {
  const folder = scratchFolder();
  const path = leasePath(folder, 0);
  make(path);
  const lease = takeLease(folder, { firstCpu: 0, cpus: indexSet([0]) }, lock);
  expect(lease.kind === "unusable" ? lease.why : lease.kind).toContain(why);
  expect(existsSync(`${path}.nothing`)).toBe(false);
});

test.skipIf(!isRoot)("a device in place of a lease is not opened", () => {
  const path = leasePath(scratchFolder(), 0);
  execFileSync("mknod", [path, "c", "1", "3"]);
  expect(openLease(path)).toEqual({ why: `${path} is no file` });
});

test("a lease is for everybody to see, whatever the umask is, and why there is none is said", () => {
  const path = leasePath(scratchFolder(), 0);
  const umask = process.umask(0o077);
  try {
    const file = openLease(path);
    if (typeof file === "number") closeSync(file);
  } finally {
    process.umask(umask);
  }
  expect(statSync(path).mode & 0o777).toBe(0o644);
  // Making it fails, which its absence would hide.
  const nowhere = join(scratchFolder(), "missing", "core-0");
  expect(openLease(nowhere)).toEqual({ why: `${nowhere} cannot be made (ENOENT)` });
});

test.skipIf(calls === null)("within a command that holds a core, its lease is the next one", () => {
  const folder = scratchFolder();
  const core = { firstCpu: 0, cpus: indexSet([0]) };
  const outer = takeLease(folder, core, lock);
  const isAround = leasesAround();
  const inner = takeLease(folder, core, lock, isAround);
  // Its file was read before the inner one was taken, so that one is another's.
  const beside = takeLease(folder, core, lock, isAround);
  const innermost = takeLease(folder, core, lock, leasesAround());
  expect([outer, inner, beside, innermost].map(({ kind }) => kind)).toEqual([
    "taken",
    "taken",
    "held",
    "taken",
  ]);
  expect(readdirSync(folder)).toEqual(["core-0", "core-0.1", "core-0.2"]);
  // The inner one has not inherited the outer one's lock, and outlives it.
  if (outer.kind === "taken") closeSync(outer.file);
  expect(takeLease(folder, core, lock).kind).toBe("held");
  for (const lease of [inner, innermost]) if (lease.kind === "taken") closeSync(lease.file);
  const free = takeLease(folder, core, lock);
  expect(free.kind).toBe("taken");
  if (free.kind === "taken") closeSync(free.file);
});

test.skipIf(calls === null)("a lease that is only open, and not locked, is around nobody", () => {
  const folder = scratchFolder();
  const path = leasePath(folder, 0);
  const file = openLease(path);
  expect(typeof file).toBe("number");
  if (typeof file !== "number") return;
  expect(leasesAround()(file)).toBe(false);
  lock(file);
  expect(leasesAround()(file)).toBe(true);
  closeSync(file);
});

test.skipIf(calls === null)("a lease whose file was removed is taken again, and not twice", () => {
  const folder = scratchFolder();
  const core = { firstCpu: 0, cpus: indexSet([0]) };
  const path = leasePath(folder, 0);
  let isFirst = true;
  const late = (file: number): number => {
    // Between opening and locking, its owner removes it and somebody makes a new one.
    if (isFirst) {
      rmSync(path);
      writeFileSync(path, "");
    }
    isFirst = false;
    return lock(file);
  };
  const first = takeLease(folder, core, late);
  expect(first.kind).toBe("taken");
  expect(takeLease(folder, core, lock).kind).toBe("held");
  if (first.kind === "taken") closeSync(first.file);
  const again = takeLease(folder, core, lock);
  expect(again.kind).toBe("taken");
  if (again.kind === "taken") closeSync(again.file);
});

test.skipIf(calls === null)("who may not run on a core does not keep it from others", () => {
  const folder = scratchFolder();
  // No machine has it.
  const core = { firstCpu: 8191, cpus: indexSet([8191]) };
  const first = takeLease(folder, core, lock);
  const second = takeLease(folder, core, lock);
  expect(first.kind).toBe("taken");
  expect(second).toEqual({
    kind: "unusable",
    why: `process ${process.pid} holds ${leasePath(folder, 8191)} and may not run there`,
  });
  if (first.kind === "taken") closeSync(first.file);
});

/** The shell takes the lock and ends; what it started keeps the open file. */
const outlived = (path: string, how: string): string =>
  `exec 9<${path}; flock ${how} 9; sleep 20 >/dev/null 2>&1 & echo $!`;
/** Holds it too, and may not run on a core that no machine has. */
const elsewhere = (path: string): string =>
  `flock --shared --no-fork ${path} sleep 20 >/dev/null 2>&1 & echo $!`;

function heldBy(...lines: readonly ((path: string) => string)[]): string {
  const folder = scratchFolder();
  const path = leasePath(folder, 8191);
  writeFileSync(path, "");
  const keepers = lines.map((line) => {
    const told = execFileSync("sh", ["-c", line(path)], { encoding: "utf8" });
    // Of 0, kill(2) would end all of these tests.
    return Number(/^[1-9]\d*/.exec(told)?.[0]);
  });
  try {
    return takeLease(folder, { firstCpu: 8191, cpus: indexSet([8191]) }, lock).kind;
  } finally {
    for (const keeper of keepers) process.kill(keeper, "SIGKILL");
  }
}

test.skipIf(calls === null)("a lock that outlives who took it counts", () => {
  expect(heldBy((path) => outlived(path, ""))).toBe("held");
});

// Within a namespace the kernel does not name a holder that has ended.
const isFirst = readlinkSync("/proc/self/ns/pid") === "pid:[4026531836]";
test.skipIf(calls === null || !isFirst)(
  "of those who hold it, one that may run there is enough",
  () => {
    expect(heldBy(elsewhere, (path) => outlived(path, "--shared"))).toBe("held");
  },
);
