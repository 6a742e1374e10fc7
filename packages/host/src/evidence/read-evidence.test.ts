import type { Evidence } from "@evenkeel/core/evidence/evidence.ts";
import { cleanVm } from "@evenkeel/core/testing/explain/clean.ts";
import { KiB } from "@evenkeel/core/unit/bytes.ts";
import { expect, test, vi } from "vitest";
import { treeOf, within } from "../../testing/sysfs/tree-of.ts";
import { jumpingClock } from "../../testing/vm-host.ts";
import type { FoundProcess } from "../procfs/find-process.ts";
import { processOf } from "../procfs/find-process.ts";
import type { Tree } from "../tree/tree.ts";
import { askHypervisor } from "./ask-hypervisor.ts";
import { lookAround } from "./look-around.ts";
import { readEvidence } from "./read-evidence.ts";
import { readSubject } from "./read-subject.ts";

/** What could not be read is said with the reason, and nothing is asked about a harmful name. */

const asked = { monitor: { why: "nobody asked" }, libvirt: { why: "nobody asked" } };

/** A process of user 7 with one thread for each name. */
function processTree(
  threads: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Tree {
  const files = threads.flatMap((name, i) => [
    [`task/${500 + i}/comm`, `${name}\n`],
    [`task/${500 + i}/status`, `Name:\t${name}\nCpus_allowed_list:\t0\n`],
  ]);
  return treeOf(
    within("/proc/500", {
      ...Object.fromEntries(files),
      status: `Name:\tx\nThreads:\t${threads.length}\nUid:\t7\t7\t7\t7\n`,
      ...more,
    }),
  );
}

function evidenceOf(
  tree: Tree,
  of: "vm" | "process",
  words: readonly string[],
  machine: Evidence["machine"],
): Evidence {
  return readEvidence(tree, {
    of,
    name: "it",
    host: "here",
    takenAt: "2026-01-31T12:00:00.000Z",
    process: { pid: 500, arguments: words, identity: { name: null, uuid: null } },
    whyNoProcess: "",
    devices: [],
    vm: of === "vm" ? { ...asked, guest: { why: "no guest report was given" } } : null,
    threadsBefore: null,
    machine,
  });
}

/** What could not be read of a process, by what it is. */
function unreadOf(
  ...[tree, of, words]: readonly [Tree, "vm" | "process", readonly string[]]
): ReadonlyMap<string, string> {
  const { unreadable } = evidenceOf(tree, of, words, null);
  return new Map(unreadable.map(({ what, why }) => [what, why]));
}

const qemu = ["/usr/bin/qemu-system-x86_64", "-name", "it"];

test("of a VM the roles of threads are missed where one is not known", () => {
  const named = processTree(["qemu-system-x86", "CPU 0/KVM", "worker"]);
  expect(unreadOf(named, "vm", qemu).has("roles of threads")).toBe(false);
  const half = processTree(["x", "x", "IO iothread1"]);
  expect(unreadOf(half, "vm", qemu).has("roles of threads")).toBe(true);
  const nameless = processTree(["x", "x", "x"]);
  expect(unreadOf(nameless, "vm", qemu).has("roles of threads")).toBe(true);
  expect(unreadOf(nameless, "process", []).has("roles of threads")).toBe(false);
});

test("a command line is missed of VMs alone, and another emulator's tells nothing", () => {
  const tree = processTree(["x"]);
  expect(unreadOf(tree, "process", []).has("command line")).toBe(false);
  expect(unreadOf(tree, "vm", qemu).has("command line")).toBe(false);
  expect(unreadOf(tree, "vm", []).get("command line")).toBe("it is no QEMU");
});

test("why memory was not read: a recording has no user who may not look", () => {
  const recorded = processTree(["x"]);
  const live: Tree = { ...recorded, live: true };
  const open = processTree(["x"], { "fd/0": "" });
  const why = (tree: Tree): string | undefined => unreadOf(tree, "process", []).get("memory");
  const anyhow = "the file cannot be read, or the process has ended";
  expect(why(recorded)).toBe(anyhow);
  expect(why({ ...open, live: true })).toBe(anyhow);
  const barred = "process 500 of user 7 may not be looked into";
  const euid = vi.spyOn(process, "geteuid").mockReturnValue(0);
  expect(why(live)).toBe(barred);
  euid.mockReturnValue(1000);
  expect(why(live)).toBe(`${barred}: run as root`);
  euid.mockRestore();
});

test("how much lies in huge pages is read with the machine around, which costs as much again", () => {
  const rollup = "Rss: 300 kB\nAnonymous: 200 kB\nAnonHugePages: 100 kB\nShmemPmdMapped: 0 kB\n";
  const tree = processTree(["x"], { smaps_rollup: rollup });
  const { process: found } = evidenceOf(tree, "process", [], null);
  expect(found?.hugeMemory).toBeNull();
  const around = evidenceOf(tree, "process", [], cleanVm(0).machine);
  expect(around.process?.hugeMemory).toEqual({
    residentBytes: 300 * KiB,
    anonymousBytes: 200 * KiB,
    anonymousHugeBytes: 100 * KiB,
    sharedHugeBytes: 0,
  });
  const unread = evidenceOf(processTree(["x"]), "process", [], cleanVm(0).machine);
  expect(unread.unreadable.map(({ what }) => what)).toContain("memory in huge pages");
});

test("no file of libvirt's is sought by a name that leads elsewhere", async () => {
  const domain = (name: string): string => `<domain><name>${name}</name></domain>`;
  const libvirtOf = async (name: string) => {
    const words = ["/usr/bin/kvm", "-name", `guest=${name}`, "-mon", "chardev=charmonitor"];
    const tree = treeOf({
      "/proc/500/cmdline": words.map((word) => `${word}\0`).join(""),
      "/run/libvirt/qemu/llm.xml": domain("llm"),
      "/run/libvirt/other.xml": domain("other"),
    });
    const { libvirt } = await askHypervisor(tree, processOf(tree, 500), {
      libvirtUri: "test:///elsewhere",
      clock: jumpingClock(),
    });
    return libvirt;
  };
  expect(await libvirtOf("llm")).toMatchObject({ where: "/run/libvirt/qemu/llm.xml" });
  expect(await libvirtOf("../other")).toEqual({ why: "libvirt does not run the VM" });
});

test("how busy processes are is seen over a tenth of a second", async () => {
  const stat = (ticks: number): string =>
    `500 (x) S 1 1 1 0 -1 0 0 0 0 0 ${ticks} 0 0 0 20 0 1 0 500 1 1\n`;
  const files = treeOf({ "/sys/devices/system/cpu/online": "0\n", "/proc/500/stat": "" });
  const jumping = jumpingClock();
  let slept = 0;
  const clock: typeof jumping = {
    ...jumping,
    monotonicMs: () => jumping.monotonicMs(),
    now: () => jumping.now(),
    sleep: async (ms) => {
      slept += ms;
      await jumping.sleep(ms);
    },
  };
  const tree: Tree = {
    ...files,
    live: true,
    list: (path) => files.list(path),
    readText: (path) =>
      path === "/proc/500/stat" ? stat(slept === 0 ? 100 : 105) : files.readText(path),
  };
  const { loads } = await lookAround({
    tree,
    withTools: async () => files,
    host: "here",
    clock,
    instances: [],
    domains: async () => [],
    note: () => {},
  });
  expect(slept).toBe(100);
  expect(loads.find(({ pid }) => pid === 500)?.busyCpus).toBeCloseTo(0.5);
});

test("neither a subject nor what it has started is a neighbour of its own", async () => {
  const tree = processTree(["x"]);
  const clock = jumpingClock();
  const around = await lookAround({
    tree,
    withTools: async () => tree,
    host: "here",
    clock,
    instances: [],
    domains: async () => [],
    note: () => {},
  });
  const neighbour = { isVm: false, vcpus: [], memory: [], devices: [], busyCpus: 1 };
  const pids = [500, 501, 502, 600, null];
  const busy = {
    ...around,
    neighbours: pids.map((pid) => ({ ...neighbour, name: `process ${pid}`, pid })),
    loads: [
      { pid: 501, name: "child", parent: 500, busyCpus: 1 },
      { pid: 502, name: "grandchild", parent: 501, busyCpus: 1 },
      { pid: 600, name: "other", parent: 1, busyCpus: 1 },
    ],
  };
  const process: FoundProcess = { pid: 500, arguments: [], identity: { name: null, uuid: null } };
  const subject = { of: "process", name: "process 500", process, pids: new Set([500]) } as const;
  const options = { host: "here", devices: [], guest: null, libvirtUri: "test:///", clock };
  const { machine } = await readSubject(subject, busy, options);
  expect(machine?.neighbours?.map(({ pid }) => pid)).toEqual([600, null]);
});
