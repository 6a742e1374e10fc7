import { expect, test } from "vitest";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { readSysfs } from "./read.ts";
import { cpuFiles, treeOf, within } from "../../testing/sysfs/tree-of.ts";

const cpu = "/sys/devices/system/cpu";

function read(
  files: Readonly<Record<string, string>>,
): Pick<Topology, "cores" | "offlineCpus" | "nodes"> {
  return readSysfs(treeOf(files));
}

const cpusOfCores = (files: Readonly<Record<string, string>>): string[] =>
  read(files).cores.map(({ cpus }) => cpus);

test("Siblings share a core, whatever the file is called", () => {
  for (const [name, text] of [
    ["core_cpus_list", "0,2\n"],
    ["thread_siblings_list", "0,2\n"],
    ["core_cpus", "5\n"],
    ["thread_siblings", "00000000,00000005\n"],
  ] as const) {
    const files = Object.assign(
      within(`${cpu}/cpu0/topology`, { [name]: text }),
      within(`${cpu}/cpu2/topology`, { [name]: text }),
      within(`${cpu}/cpu1/topology`, { core_id: "1" }),
    );
    expect(cpusOfCores(files), name).toEqual(["0,2", "1"]);
  }
});

test("Siblings with different core numbers are separate cores: the halves of an AMD compute unit", () => {
  const files = { ...cpuFiles(0, "0-1", 0), ...cpuFiles(1, "0-1", 1), ...cpuFiles(2, "2-3", 5) };
  expect(cpusOfCores({ ...files, ...cpuFiles(3, "2-3", 5) })).toEqual(["0", "1", "2-3"]);
});

test("CPUs whose sibling lists disagree are each in one core, and a CPU missing from its own list is alone", () => {
  const files = { ...cpuFiles(0, "0-1", 0), ...cpuFiles(1, "1-2", 0), ...cpuFiles(2, "1-2", 0) };
  expect(cpusOfCores(files)).toEqual(["0-1", "2"]);
  expect(cpusOfCores({ ...cpuFiles(0, "1", 0), ...cpuFiles(1, "1", 0) })).toEqual(["0", "1"]);
});

test("Equal core numbers in different packages or dies are different cores", () => {
  const files = { ...cpuFiles(0, "0", 0), ...cpuFiles(1, "1", 0) };
  expect(cpusOfCores(files)).toEqual(["0", "1"]);
});

test("CPUs that are switched off are offline and in no core; absent ones are left out", () => {
  const files = { ...cpuFiles(0, "0,4", 0), ...cpuFiles(1, "1,5", 1) };
  const off = within(cpu, { "cpu4/online": "0\n", "cpu5/online": "0\n" });
  const lists = within(cpu, { online: "0-1\n", present: "0-1,4-5\n", offline: "4-511\n" });
  const { cores, offlineCpus } = read({ ...files, ...off, ...lists });
  expect(cores.map(({ cpus }) => cpus)).toEqual(["0", "1"]);
  expect(offlineCpus).toBe("4-5");
  // Old kernels have neither file: then a CPU without topology is off.
  expect(read({ ...files, ...off }).offlineCpus).toBe("4-5");
  expect(read({ ...files, ...off, ...cpuFiles(4, "0,4", 0) })).toMatchObject({
    offlineCpus: "4-5",
  });
});

test("A CPU that is listed as online and not in the tree is left out", () => {
  const { cores, nodes } = read({
    ...cpuFiles(0, "0-1", 0),
    [`${cpu}/online`]: "0-1\n",
    "/sys/devices/system/node/node0/cpulist": "0-1\n",
  });
  expect(cores.map(({ cpus }) => cpus)).toEqual(["0"]);
  expect(nodes.map(({ cpus }) => cpus)).toEqual(["0"]);
});

test("Packages, dies and clusters are known where the kernel gives a number", () => {
  const topology = (id: number, values: Readonly<Record<string, string>>): Record<string, string> =>
    within(`${cpu}/cpu${id}/topology`, { core_cpus_list: `${id}\n`, ...values });
  const { cores } = read({
    ...topology(0, {
      physical_package_id: "0",
      die_id: "0",
      cluster_id: "9",
      cluster_cpus_list: "0-1",
    }),
    ...topology(1, {
      physical_package_id: "0",
      die_id: "1",
      cluster_id: "9",
      cluster_cpus_list: "0-1",
    }),
    ...topology(2, {
      physical_package_id: "1",
      die_id: "0",
      cluster_id: "-1",
      cluster_cpus_list: "2-3",
    }),
    ...topology(3, {
      physical_package_id: "1",
      die_id: "0",
      cluster_id: "9",
      cluster_cpus_list: "3",
    }),
    ...topology(4, { physical_package_id: "-1", die_id: "-1" }),
    ...topology(5, { physical_package_id: "two" }),
  });
  const known = cores.map(({ package: id, die, cluster }) => [id, die, cluster]);
  expect(known).toEqual([
    [0, 0, 0],
    [0, 1, 0],
    [1, 2, null],
    // A cluster of one core is none.
    [1, 2, null],
    [null, null, null],
    [null, null, null],
  ]);
});

test("An L3 cache is found under any index, and only an L3", () => {
  const cache = (id: number, index: number, values: Readonly<Record<string, string>>) =>
    within(`${cpu}/cpu${id}/cache/index${index}`, values);
  const { cores } = read({
    ...cpuFiles(0, "0", 0),
    ...cpuFiles(1, "1", 1),
    ...cpuFiles(2, "2", 2),
    ...cpuFiles(3, "3", 3),
    ...cpuFiles(4, "4", 4),
    ...cache(0, 2, { level: "3", type: "Unified", shared_cpu_list: "0-1" }),
    ...cache(0, 3, { level: "2", type: "Unified", shared_cpu_list: "0-4" }),
    // The list contradicts itself, the map does not.
    ...cache(2, 3, { level: "3", type: "Unified", shared_cpu_list: "0", shared_cpu_map: "c" }),
    ...cache(4, 3, { level: "3", type: "Instruction", shared_cpu_list: "4" }),
  });
  expect(cores.map(({ l3 }) => l3)).toEqual([0, 0, 1, 1, null]);
});

test("A kernel without topology still has CPUs", () => {
  const { cores } = read(within(cpu, { online: "0-1\n", "cpu0/uevent": "", "cpu1/uevent": "" }));
  expect(cores.map(({ cpus, package: id, node }) => [cpus, id, node])).toEqual([
    ["0", null, 0],
    ["1", null, 0],
  ]);
});
