import { spawn } from "node:child_process";
import { KiB, MiB } from "@evenkeel/core/unit/bytes.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";
import { expect, onTestFinished, test } from "vitest";
import { treeOf } from "../../testing/sysfs/tree-of.ts";
import { memoryField } from "../sysfs/values.ts";
import { directoryTree, liveTree } from "../tree/directory-tree.ts";
import type { Tree } from "../tree/tree.ts";
import { readMemorySummary, readProcessMemory } from "./read-process-memory.ts";

/** A process with these lines of numa_maps, each with its flags and device in maps. */
function processWith(lines: readonly (readonly [numa: string, flags?: string, dev?: string])[]) {
  const start = (i: number): string => (0x7f0000000000 + i * 2 ** 30).toString(16);
  const end = (i: number): string => (0x7f0000000000 + i * 2 ** 30 + 64 * MiB).toString(16);
  const numa = lines.map(([line], i) => `${start(i)} ${line}\n`);
  const maps = lines.map(
    ([, flags = "rw-p", dev = "08:01"], i) =>
      `${start(i)}-${end(i)} ${flags} 00000000 ${dev} ${flags.endsWith("s") ? 7 : 0} \n`,
  );
  const mounts =
    "30 29 0:26 / /run rw,nosuid shared:5 - tmpfs tmpfs rw\n31 29 8:1 / / rw - ext4 x rw\n";
  return treeOf({
    "/proc/400/numa_maps": numa.join(""),
    "/proc/400/maps": maps.join(""),
    "/proc/400/mountinfo": mounts,
  });
}

const kindsOf = (tree: Tree) =>
  (readProcessMemory(tree, 400) ?? []).map(({ kind, onNodes }) => [kind, onNodes]);

test("memory is told apart by whose pages it is", () => {
  const pages = (count: number): string => `N1=${count} kernelpagesize_kB=4`;
  const on1 = (count: number) => [{ node: 1, bytes: count * 4 * KiB }];
  const cases = [
    ["anonymous", `default heap anon=5 dirty=5 ${pages(5)}`],
    ["anonymous", `default anon=5 dirty=5 ${pages(5)}`],
    ["file", `default file=/usr/lib/libc.so.6 mapped=5 mapmax=40 ${pages(5)}`, "r--p"],
    // What is written of a private mapping is the process's own; the rest is not.
    ["file", `default file=/models/llm.bin anon=1 dirty=1 mapped=5 ${pages(5)}`],
    ["anonymous", `default file=/usr/lib/libc.so.6 anon=4 dirty=4 mapped=5 ${pages(5)}`],
    ["file", `default file=/var/db/table dirty=5 ${pages(5)}`, "rw-s"],
    ["shared", `default file=/dev/zero\\040(deleted) dirty=5 ${pages(5)}`, "rw-s", "00:01"],
    ["shared", `default file=/memfd:cuda\\040(deleted) dirty=5 ${pages(5)}`, "rw-s", "00:01"],
    ["shared", `default file=/SYSV0052e2c1\\040(deleted) dirty=5 ${pages(5)}`, "rw-s", "00:01"],
    ["shared", `default file=/dev/shm/nccl-x dirty=5 ${pages(5)}`, "rw-s", "00:18"],
    // A tmpfs that is mounted elsewhere: 0:26 is 00:1a.
    ["shared", `default file=/run/cache/x dirty=5 ${pages(5)}`, "rw-s", "00:1a"],
    ["shared", `default file=/dev/hugepages/x huge dirty=5 ${pages(5)}`, "rw-s", "00:0f"],
    ["anonymous", `default file=/anon_hugepage\\040(deleted) huge anon=5 dirty=5 ${pages(5)}`],
  ] as const;
  for (const [kind, ...line] of cases) {
    expect(kindsOf(processWith([line])), line[0]).toEqual([[kind, on1(5)]]);
  }
});

test("mappings of one kind, policy and page size are one, those without pages none", () => {
  const tree = processWith([
    ["default anon=3 dirty=3 N0=3 kernelpagesize_kB=4"],
    ["bind:1 anon=1 dirty=1 N1=1 kernelpagesize_kB=4"],
    ["default anon=9 dirty=9 N0=1 N1=8 kernelpagesize_kB=4"],
    ["default"],
    ["default file=/lib/secret huge dirty=1 N0=1 kernelpagesize_kB=2048", "rw-s"],
  ]);
  const where = "/proc/400/numa_maps";
  const common = { backend: null, cell: null, where };
  expect(readProcessMemory(tree, 400)).toEqual([
    {
      ...common,
      kind: "anonymous",
      start: "7f0000000000",
      bytes: 128 * MiB,
      policy: { mode: "default", nodes: "" },
      pageBytes: 4 * KiB,
      onNodes: [
        { node: 0, bytes: 16 * KiB },
        { node: 1, bytes: 32 * KiB },
      ],
      line: "7f0080000000 default anon=9 dirty=9 N0=1 N1=8 kernelpagesize_kB=4",
    },
    {
      ...common,
      kind: "anonymous",
      start: "7f0040000000",
      bytes: 64 * MiB,
      policy: { mode: "bind", nodes: "1" },
      pageBytes: 4 * KiB,
      onNodes: [{ node: 1, bytes: 4 * KiB }],
      line: "7f0040000000 bind:1 anon=1 dirty=1 N1=1 kernelpagesize_kB=4",
    },
    {
      ...common,
      kind: "shared",
      start: "7f0100000000",
      bytes: 64 * MiB,
      policy: { mode: "default", nodes: "" },
      pageBytes: 2 * MiB,
      onNodes: [{ node: 0, bytes: 2 * MiB }],
      line: "7f0100000000 default file huge dirty=1 N0=1 kernelpagesize_kB=2048",
    },
  ]);
});

test("memory that may not be read is null, and no memory is none", () => {
  expect(readProcessMemory(treeOf({ "/proc/400/maps": "" }), 400)).toBeNull();
  expect(
    readProcessMemory(treeOf({ "/proc/400/maps": "", "/proc/400/numa_maps": "" }), 400),
  ).toEqual([]);
});

test("smaps_rollup gives what lies in large pages, all of it or nothing, and what is swapped out", () => {
  const text =
    "55e4-7fff ---p 00000000 00:00 0 [rollup]\nRss: 300 kB\nAnonymous: 200 kB\n" +
    "AnonHugePages: 100 kB\nShmemPmdMapped: 50 kB\nSwap: 40 kB\nSwapPss: 40 kB\n";
  const read = (rollup: string) =>
    readMemorySummary(treeOf({ "/proc/400/smaps_rollup": rollup }), 400);
  expect(read(text)).toEqual({
    hugeMemory: {
      residentBytes: 300 * KiB,
      anonymousBytes: 200 * KiB,
      anonymousHugeBytes: 100 * KiB,
      sharedHugeBytes: 50 * KiB,
    },
    swappedBytes: 40 * KiB,
  });
  expect(read(text.replace("ShmemPmdMapped: 50 kB\n", ""))).toEqual({
    hugeMemory: null,
    swappedBytes: 40 * KiB,
  });
  expect(read(text.replace(/Swap: .*\n/, "")).swappedBytes).toBeNull();
  expect(readMemorySummary(treeOf({}), 400)).toEqual({ hugeMemory: null, swappedBytes: null });
});

const isLinux = directoryTree("/").readText("/proc/self/numa_maps") !== null;

test.skipIf(!isLinux)(
  "a real process has what it has touched, by the kernel's own sums",
  async () => {
    const script =
      "const b = Buffer.alloc(96 * 2 ** 20, 1); console.log('ready'); setInterval(() => b, 9e3)";
    const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "ignore"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    await new Promise((resolve) => child.stdout.once("data", resolve));
    const { pid } = child;
    if (pid === undefined) throw new Error("it has not started");
    const memory = readProcessMemory(liveTree(), pid) ?? [];
    const present = (kind: string): number =>
      sumOf(
        memory.filter((one) => one.kind === kind).flatMap(({ onNodes }) => onNodes),
        ({ bytes }) => bytes,
      );
    const status = liveTree().readText(`/proc/${pid}/status`);
    const huge = readMemorySummary(liveTree(), pid).hugeMemory;
    expect(present("anonymous")).toBeGreaterThan(96 * MiB);
    for (const sum of [memoryField(status, "RssAnon"), huge?.anonymousBytes]) {
      if (sum === null || sum === undefined) throw new Error("the kernel tells no sum");
      expect(Math.abs(present("anonymous") - sum)).toBeLessThan(4 * MiB);
    }
    // The program itself: pages of a file that all processes share.
    expect(present("file")).toBeGreaterThan(8 * MiB);
  },
);
