import { expect, test } from "vitest";
import { memoryTree } from "./memory-tree.ts";
import { findRoots, onlyMachine, subtree } from "./roots.ts";
import type { Tree } from "./tree.ts";

const treeOf = (paths: readonly string[], links: Readonly<Record<string, string>> = {}): Tree =>
  memoryTree(
    new Map(paths.map((path) => [path, path])),
    new Map(Object.entries(links)),
    "host.tar",
  );

test("A machine at the top is the whole tree", () => {
  const tree = treeOf(["/sys/devices/system/cpu/online", "/backup/sys/devices/system/cpu/online"]);
  expect(findRoots(tree)).toEqual([{ path: "/", standsFor: "/" }]);
  expect(onlyMachine(tree)).toBe(tree);
});

test("A machine in a directory, and one whose recording starts inside /sys", () => {
  expect(findRoots(treeOf(["/a/host/sys/devices/system/cpu/online"]))).toEqual([
    { path: "/a/host", standsFor: "/" },
  ]);
  expect(findRoots(treeOf(["/devices/system/cpu/online"]))).toEqual([
    { path: "/", standsFor: "/sys" },
  ]);
});

test("A recording may start deeper in /sys, if the kernel's own files show it", () => {
  const devices = treeOf(["/a/system/cpu/online", "/a/system/cpu/cpu0/online", "/a/system/x"]);
  expect(findRoots(devices)).toEqual([{ path: "/a", standsFor: "/sys/devices" }]);
  expect(onlyMachine(devices).readText("/sys/devices/system/x")).toBe("/a/system/x");
  const system = treeOf(["/cpu/online", "/cpu/cpu0/online", "/node/online"]);
  expect(findRoots(system)).toEqual([{ path: "/", standsFor: "/sys/devices/system" }]);
  expect(onlyMachine(system).readText("/sys/devices/system/node/online")).toBe("/node/online");
  expect(findRoots(treeOf(["/logs/cpu/online", "/logs/system/cpu/load.txt"]))).toEqual([]);
});

test("All of several machines are found, and no one is chosen", () => {
  const tree = treeOf([
    "/sysfs/server/sys/devices/system/cpu/online",
    "/sysfs/desktop/sys/devices/system/cpu/online",
  ]);
  expect(findRoots(tree).map(({ path }) => path)).toEqual(["/sysfs/desktop", "/sysfs/server"]);
  expect(() => onlyMachine(tree)).toThrow(expect.objectContaining({ code: "archive-ambiguous" }));
});

test("A tree without a machine is refused", () => {
  expect(() => onlyMachine(treeOf(["/etc/passwd"]))).toThrow(
    expect.objectContaining({ code: "tree-empty" }),
  );
});

test("Looking for machines ends, however deep, wide or circular a tree is", () => {
  const deep = `${"/d".repeat(40)}/sys/devices/system/cpu/online`;
  const wide = Array.from({ length: 10_000 }, (_, i) => `/wide/${i}/file`);
  expect(findRoots(treeOf([deep, ...wide], { "/again": "." }))).toEqual([]);
});

test("A subtree is a machine of its own", () => {
  const links = {
    "/host/sys/bus/pci/devices/x": "../../../devices/pci0000:00/x",
    "/host/sys/outside": "../../other/secret",
  };
  const tree = treeOf(["/host/sys/devices/pci0000:00/x/vendor", "/other/secret"], links);
  const machine = subtree(tree, { path: "/host", standsFor: "/" });
  expect(machine.realPath("/sys/bus/pci/devices/x")).toBe("/sys/devices/pci0000:00/x");
  expect(machine.readText("/sys/bus/pci/devices/x/vendor")).not.toBeNull();
  expect(machine.readLink("/sys/bus/pci/devices/x")).toBe("../../../devices/pci0000:00/x");
  expect(machine.list("/sys")).toEqual(["bus", "devices", "outside"]);
  expect(machine.realPath("/sys/outside")).toBeNull();
  expect(machine.readText("/sys/outside")).toBeNull();
});

test("A subtree that starts inside /sys has no /proc", () => {
  const tree = treeOf(["/dump/devices/system/cpu/online", "/dump/proc/cpuinfo"], {
    "/dump/bus/cpu": "../devices/system/cpu",
  });
  const machine = onlyMachine(tree);
  expect(machine.readText("/sys/bus/cpu/online")).toBe("/dump/devices/system/cpu/online");
  expect(machine.realPath("/sys/bus/cpu")).toBe("/sys/devices/system/cpu");
  expect(machine.readText("/proc/cpuinfo")).toBeNull();
});
