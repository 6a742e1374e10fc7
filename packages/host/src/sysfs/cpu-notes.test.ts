import { expect, test } from "vitest";
import { cpuFiles, treeOf, within } from "../../testing/sysfs/tree-of.ts";
import { gather } from "../snapshot/gather.ts";
import type { Tree } from "../tree/tree.ts";
import { cpuNotes } from "./cpu-notes.ts";
import { readSysfs } from "./read.ts";

const cpu = "/sys/devices/system/cpu";

function machine(more: Readonly<Record<string, string>>): Tree {
  const cpus = [0, 1, 2, 3].map((i) => cpuFiles(i, `${i}`, i));
  return treeOf(Object.assign({ [`${cpu}/online`]: "0-3\n" }, more, ...cpus));
}

const notesOf = (more: Readonly<Record<string, string>>): string[] => {
  const tree = machine(more);
  return cpuNotes(tree, readSysfs(tree));
};

test("CPUs that the kernel keeps are said, and none where it keeps none", () => {
  expect(notesOf({ [`${cpu}/isolated`]: "2-3\n", [`${cpu}/nohz_full`]: "3\n" })).toEqual([
    "CPUs 2-3 are left alone by the kernel's scheduler (isolcpus): only what is pinned runs there",
    "CPU 3 runs without the kernel's tick (nohz_full)",
  ]);
  expect(notesOf({ [`${cpu}/isolated`]: "\n", [`${cpu}/nohz_full`]: "   (null)\n" })).toEqual([]);
  expect(notesOf({})).toEqual([]);
});

const cgroup = (name: string, files: Readonly<Record<string, string>>): Record<string, string> =>
  within(`/sys/fs/cgroup${name}`, files);

const root = cgroup("", { "cgroup.controllers": "cpuset cpu memory\n" });

test("CPUs in a partition are said with its cgroup, wherever it lies", () => {
  const tree = {
    ...root,
    ...cgroup("", { "cpuset.cpus.effective": "0-1\n" }),
    ...cgroup("/machine.slice", {
      "cpuset.cpus.partition": "root\n",
      "cpuset.cpus.effective": "2\n",
      "cpuset.cpus": "2-3\n",
    }),
    ...cgroup("/machine.slice/vm", {
      "cpuset.cpus.partition": "isolated\n",
      "cpuset.cpus.exclusive.effective": "3\n",
    }),
    ...cgroup("/user.slice", { "cpuset.cpus.partition": "member\n", "cpuset.cpus": "0-3\n" }),
  };
  expect(notesOf(tree)).toEqual([
    "CPU 2 is in the cpuset partition machine.slice (root): no other process runs there",
    "CPU 3 is in the cpuset partition machine.slice/vm (isolated): no other process runs there",
  ]);
});

test("a partition that is not valid keeps nothing, and a reservation is said", () => {
  const tree = {
    ...root,
    ...cgroup("/a", {
      "cpuset.cpus.partition": "root invalid (Cpu list in cpuset.cpus not exclusive)\n",
      "cpuset.cpus": "2-3\n",
    }),
    ...cgroup("/b", { "cpuset.cpus.partition": "member\n", "cpuset.cpus.exclusive": "1\n" }),
  };
  expect(notesOf(tree)).toEqual(["CPU 1 is reserved for partitions of the cgroup b"]);
});

test("what the root cgroup lacks is in a partition, also where no cgroup was recorded", () => {
  const tree = { ...root, ...cgroup("", { "cpuset.cpus.effective": "0-1\n" }) };
  expect(notesOf(tree)).toEqual([
    "CPUs 2-3 are in a cpuset partition: no other process runs there",
  ]);
  // Version 1 of cgroups has no partitions.
  expect(notesOf(cgroup("", { "cpuset.cpus.effective": "0-1\n" }))).toEqual([]);
});

test("favored cores are a note among their class, and none where all are alike", () => {
  const ranks = (...values: readonly number[]): Record<string, string> =>
    Object.assign(
      {},
      ...values.map((value, i) =>
        within(`${cpu}/cpu${i}`, { "acpi_cppc/highest_perf": `${value}\n` }),
      ),
    );
  const [note] = notesOf(ranks(196, 231, 226, 231));
  expect(note).toContain("CPUs 1,3 are favored");
  expect(notesOf(ranks(231, 231, 231, 231))).toEqual([]);
  const kinds = { "/sys/devices/cpu_core/cpus": "0-1\n", "/sys/devices/cpu_atom/cpus": "2-3\n" };
  expect(notesOf({ ...kinds, ...ranks(64, 64, 39, 39) })).toEqual([]);
});

test("a snapshot keeps what the notes need, and no name of a cgroup", () => {
  const tree = machine({
    ...root,
    ...cgroup("", { "cpuset.cpus.effective": "0-1\n" }),
    ...cgroup("/tenant-a.slice", { "cpuset.cpus.partition": "isolated\n", "cpuset.cpus": "2-3\n" }),
    [`${cpu}/isolated`]: "2-3\n",
  });
  const { files, directories } = gather(tree);
  expect([...files.keys()]).toContain(`${cpu}/isolated`);
  expect([...files.keys()]).toContain("/sys/fs/cgroup/cpuset.cpus.effective");
  expect([...files.keys(), ...directories].join(" ")).not.toContain("tenant-a");
});
