import { expect, test } from "vitest";
import { treeOf } from "../../testing/sysfs/tree-of.ts";
import type { Tree } from "../tree/tree.ts";
import { findProcess, type Sought } from "./find-process.ts";
import { listensOn } from "./listening.ts";
import { readProcess } from "./process-record.ts";

const uuid = "3f0e6d3a-91a4-4a27-9d0b-5c2b1f6e7a88";
const other = uuid.replace("3", "4");
const qemu = "/usr/bin/qemu-system-x86_64";

/** A process id, or the word for none or several. */
function found(tree: Tree, sought: Partial<Sought>): number | string {
  const search = findProcess(tree, { name: null, uuid, record: null, pidFile: null, ...sought });
  return search.kind === "found" ? search.process.pid : search.kind;
}

/** The kernel's files about a process. */
const process = (pid: number, uid: number, start: number, words: string, parent = 1) => ({
  [`/proc/${pid}/cmdline`]: words,
  [`/proc/${pid}/status`]: `Name:\tq\nUid:\t${uid}\t${uid}\t${uid}\t${uid}\n`,
  [`/proc/${pid}/stat`]: `${pid} (a) S (b) S ${parent} 1 1 0 -1 4194560 1 0 0 0 1 1 0 0 20 0 4 0 ${start} 1 1\n`,
});
const vm = `${qemu}\0-name\0guest=llm-a\0-uuid\0${uuid}\0`;

test("an emulator is found by its UUID", () => {
  const tree = treeOf({
    "/proc/1/cmdline": "/sbin/init\0",
    "/proc/2/cmdline": "",
    "/proc/4/cmdline": `${qemu}\0-uuid\0${other}\0`,
    "/proc/5/cmdline": `${qemu}\0-name\0guest=${uuid}\0`,
    "/proc/6/cmdline": `${vm}-smp\0two\0`,
    "/proc/self/cmdline": `${qemu}\0-uuid\0${uuid}\0`,
  });
  expect(found(tree, {})).toBe(6);
  expect(found(tree, { uuid: "" })).toBe("none");
  expect(found(treeOf({}), {})).toBe("none");
});

test("a VM with a known UUID is not taken for another of the same name", () => {
  const tree = treeOf({
    "/proc/7/cmdline": vm,
    "/proc/8/cmdline": `${qemu}\0-name\0guest=llm-b\0`,
  });
  expect(found(tree, { uuid: other })).toBe("none");
  expect(found(tree, { name: "llm-a", uuid: other })).toBe(7);
  expect(found(tree, { name: "llm-b", uuid: other })).toBe(8);
});

test("a process of another program or of another user is no VM, whatever its command line", () => {
  const files = { ...process(7, 65_534, 10, vm), ...process(8, 0, 11, vm) };
  const links = { "/proc/7/exe": qemu, "/proc/8/exe": "/usr/bin/python3" };
  expect(found(treeOf(files, links), {})).toBe("none");
  const users = { "/etc/passwd": "root:x:0:0::/:/bin/sh\nlibvirt-qemu:x:64055:1::/:/bin/false\n" };
  const theirs = { ...files, ...users, ...process(9, 64_055, 12, vm) };
  expect(found(treeOf(theirs, { ...links, "/proc/9/exe": `${qemu} (deleted)` }), {})).toBe(9);
});

test("several processes that could be the VM are not told apart, except by a PID file", () => {
  const files = { ...process(8, 0, 11, vm), ...process(9, 0, 12, vm) };
  const links = { "/proc/8/exe": qemu, "/proc/9/exe": qemu };
  expect(found(treeOf(files, links), {})).toBe("ambiguous");
  const forked = { ...files, ...process(9, 0, 12, vm, 8) };
  expect(found(treeOf(forked, links), {})).toBe(8);
  const libvirts = { ...files, "/run/libvirt/qemu/llm-a.pid": "9\n" };
  expect(found(treeOf(libvirts, links), {})).toBe(9);
  const own = { ...files, "/run/vm/pid": "9\n" };
  expect(found(treeOf(own, links), { pidFile: "/run/vm/pid" })).toBe(9);
});

test("a recorded process is the VM until it ends, and no other is", () => {
  const files = { ...process(8, 0, 11, vm), ...process(9, 0, 12, vm) };
  const links = { "/proc/8/exe": qemu, "/proc/9/exe": qemu };
  const tree = treeOf(files, links);
  const record = { pid: 9, startTicks: 12, uid: 0, executable: qemu };
  expect(readProcess(tree, 9)).toEqual(record);
  expect(found(tree, { record })).toBe(9);
  for (const changed of [{ startTicks: 11 }, { uid: 1 }, { executable: "/bin/sh" }, { pid: 7 }]) {
    expect(found(tree, { record: { ...record, ...changed } }), JSON.stringify(changed)).toBe(
      "none",
    );
  }
});

test("the process that listens on a socket has it open", () => {
  const line = (flags: string, inode: number, path: string): string =>
    `0000000000000000: 00000002 00000000 ${flags} 0001 01 ${inode} ${path}\n`;
  const table = line("00010000", 70, "/run/a b") + line("00000000", 71, "/run/a b");
  const links = { "/proc/8/fd/3": "socket:[70]", "/proc/9/fd/3": "socket:[71]" };
  const tree = treeOf({ "/proc/self/net/unix": table }, links);
  expect(listensOn(tree, 8, "/run/a b")).toBe(true);
  expect(listensOn(tree, 8, "/run/a")).toBe(false);
  expect(listensOn(tree, 9, "/run/a b")).toBe(false);
});
