import { expect, test } from "vitest";
import { memoryTree } from "../tree/memory-tree.ts";
import { parseCpuset, parseMembership } from "./parse.ts";
import { cgroupOf, readCgroup } from "./read.ts";

const cpusetOf = (text: string) => parseMembership(text).cpuset;

const tree = (files: Readonly<Record<string, string>>) =>
  memoryTree(new Map(Object.entries(files)), new Map(), "test");

test("the hierarchy with cpusets is found in both versions of cgroups, and where they are mixed", () => {
  const scope = "/machine.slice/machine-qemu\\x2d1\\x2dllm.scope/libvirt/vcpu0";
  expect(cpusetOf(`0::${scope}\n`)).toEqual({ version: 2, path: scope });
  expect(cpusetOf("5:devices:/\n3:cpuset,cpu:/vm\n0::/other\n")).toEqual({
    version: 1,
    path: "/vm",
  });
  expect(cpusetOf("5:devices:/\n")).toBeNull();
  expect([parseCpuset("0-3\n"), parseCpuset("\n"), parseCpuset(null), parseCpuset("x")]).toEqual([
    "0-3",
    null,
    null,
    null,
  ]);
});

test("a cgroup without files of its own takes the limits of its nearest ancestor that has them", () => {
  const root = tree({
    "/proc/1/task/1/cgroup": "0::/a/b/c\n",
    "/sys/fs/cgroup/a/cpuset.cpus": "\n",
    "/sys/fs/cgroup/a/cpuset.cpus.effective": "0-7\n",
    "/sys/fs/cgroup/a/cpuset.mems.effective": "0\n",
    "/sys/fs/cgroup/a/b/c/cgroup.procs": "1\n",
  });
  const cgroup = cgroupOf(root, "/proc/1/task/1");
  expect(cgroup).not.toBeNull();
  expect(readCgroup(root, cgroup ?? { version: 2, path: "/" })).toEqual({
    path: "/a/b/c",
    where: "/sys/fs/cgroup/a",
    cpus: null,
    effectiveCpus: "0-7",
    nodes: null,
    effectiveNodes: "0",
  });
  expect(readCgroup(tree({}), { version: 2, path: "/a" })).toBeNull();
});

test("a path with control characters, which no document may contain, is unknown", () => {
  expect(cpusetOf("0::/vm\u001b[2J\n")).toBeNull();
  expect(cpusetOf("0::/vm\n")).toEqual({ version: 2, path: "/vm" });
});
