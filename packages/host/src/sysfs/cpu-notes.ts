import {
  difference,
  emptySet,
  indices,
  type IndexSet,
  isEmpty,
  size,
  union,
} from "@evenkeel/core/set/index-set.ts";
import { formatList, parseList, setOf } from "@evenkeel/core/set/list-format.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import type { Tree } from "../tree/tree.ts";
import { cpuDirectory } from "./processors.ts";
import { readIndex, readLine } from "./values.ts";

/**
 * What an operator should know about a machine's CPUs that the topology has no field for, because
 * it can be changed while the machine runs, or is set anew at every boot: which CPUs the kernel or
 * a cgroup keeps from other processes, and which cores boost higher than others of their class.
 * Placement sells these CPUs like any other; `HostPolicy.reserved.cpus` keeps them back.
 */
export function cpuNotes(tree: Tree, topology: Topology): string[] {
  const online = setOf(topology.cores.map(({ cpus }) => cpus).join(","));
  return [...keptByKernel(tree), ...keptByCgroups(tree, online), ...favored(tree, topology)];
}

/** The files beside the readers' own that notes need; a recording keeps them. */
export function readCpuSettings(tree: Tree, topology: Topology): void {
  keptByKernel(tree);
  readLine(tree, `${cgroupDirectory}/cgroup.controllers`);
  readLine(tree, `${cgroupDirectory}/cpuset.cpus.effective`);
  favored(tree, topology);
}

/**
 * `isolcpus` and `nohz_full` of the kernel's command line, and isolated partitions, which newer
 * kernels count among them.
 */
function keptByKernel(tree: Tree): string[] {
  const isolated = listIn(tree, `${cpuDirectory}/isolated`);
  const tickless = listIn(tree, `${cpuDirectory}/nohz_full`);
  return [
    ...said(
      isolated,
      "left alone by the kernel's scheduler (isolcpus): only what is pinned runs there",
    ),
    ...(isEmpty(tickless)
      ? []
      : [
          `${cpusText(tickless)} ${size(tickless) === 1 ? "runs" : "run"} without the kernel's tick (nohz_full)`,
        ]),
  ];
}

const cgroupDirectory = "/sys/fs/cgroup";

/** Cgroups that are looked at, and how far below the root: partitions lie near the root. */
const cgroupsMax = 1024;
const depthMax = 4;

/**
 * CPUs that a cgroup has for itself (`cpuset.cpus.partition`, Documentation/admin-guide/
 * cgroup-v2.rst), with the cgroup's name; and those that the root lacks though no cgroup in sight
 * has them, as in recordings of the root alone.
 */
function keptByCgroups(tree: Tree, online: IndexSet): string[] {
  if (readLine(tree, `${cgroupDirectory}/cgroup.controllers`) === null) return [];
  const partitions = partitionsBelow(tree);
  const notes = partitions.flatMap(({ name, cpus, state }) =>
    state === "reserved"
      ? said(cpus, `reserved for partitions of the cgroup ${name}`)
      : said(cpus, `in the cpuset partition ${name} (${state}): no other process runs there`),
  );
  const named = partitions.reduce((all, { cpus }) => union(all, cpus), emptySet);
  const left = readLine(tree, `${cgroupDirectory}/cpuset.cpus.effective`);
  const taken = left === null ? emptySet : difference(online, listOf(left));
  const others = difference(taken, named);
  return [...notes, ...said(others, "in a cpuset partition: no other process runs there")];
}

interface Partition {
  readonly name: string;
  readonly cpus: IndexSet;
  readonly state: string;
}

function partitionsBelow(tree: Tree): Partition[] {
  const found: Partition[] = [];
  const waiting = [{ name: "", depth: 0 }];
  for (let i = 0; i < waiting.length && i < cgroupsMax; i++) {
    const { name: above, depth } = waiting[i] ?? { name: "", depth: depthMax };
    for (const entry of depth < depthMax ? tree.list(`${cgroupDirectory}${above}`) : []) {
      // The kernel's own files all have a dot after the controller's name.
      if (/^(cgroup|cpuset|cpu|memory|io|pids|rdma|hugetlb|misc|irq|dmem)\./.test(entry)) continue;
      const name = `${above}/${entry}`;
      const directory = `${cgroupDirectory}${name}`;
      const state = readLine(tree, `${directory}/cpuset.cpus.partition`);
      // Without the file its cgroups have no CPUs of their own.
      if (state === null) continue;
      waiting.push({ name, depth: depth + 1 });
      const exclusive = listIn(tree, `${directory}/cpuset.cpus.exclusive`);
      const isPartition = state === "root" || state === "isolated";
      if (!isPartition && isEmpty(exclusive)) continue;
      const effective = ["cpuset.cpus.exclusive.effective", "cpuset.cpus.effective", "cpuset.cpus"]
        .map((file) => listIn(tree, `${directory}/${file}`))
        .find((cpus) => !isEmpty(cpus));
      const cpus = isPartition ? (effective ?? exclusive) : exclusive;
      if (isEmpty(cpus)) continue;
      found.push({ name: name.slice(1), cpus, state: isPartition ? state : "reserved" });
    }
  }
  return found;
}

/**
 * Cores that firmware favors among those of their class: the best pieces of the chip, which boost
 * higher while few cores are busy. With the highest performance of CPPC, or the highest frequency.
 */
function favored(tree: Tree, { cores }: Topology): string[] {
  const ranked = cores.flatMap((core) => {
    const [cpu = 0] = indices(setOf(core.cpus));
    const directory = `${cpuDirectory}/cpu${cpu}`;
    const rank =
      readIndex(tree, `${directory}/acpi_cppc/highest_perf`) ??
      readIndex(tree, `${directory}/cpufreq/cpuinfo_max_freq`);
    return rank === null ? [] : [{ core, rank }];
  });
  const byClass = Map.groupBy(ranked, ({ core }) => core.class);
  const best = [...byClass.values()].flatMap((own) => {
    const most = Math.max(...own.map(({ rank }) => rank));
    const first = own.filter(({ rank }) => rank === most);
    return first.length === own.length ? [] : first;
  });
  if (best.length === 0) return [];
  const cpus = setOf(best.map(({ core }) => core.cpus).join(","));
  const what = "favored among the cores of their kind, as they boost highest: no class of cores";
  return said(cpus, what);
}

function listIn(tree: Tree, path: string): IndexSet {
  const line = readLine(tree, path);
  return line === null ? emptySet : listOf(line);
}

/** The kernel writes `(null)` for none; what is no list tells nothing. */
function listOf(text: string): IndexSet {
  return parseList(text) ?? emptySet;
}

/** `CPU 3 is …`, `CPUs 2-3 are …`; nothing about no CPU. */
function said(cpus: IndexSet, what: string): string[] {
  if (isEmpty(cpus)) return [];
  return [`${cpusText(cpus)} ${size(cpus) === 1 ? "is" : "are"} ${what}`];
}

function cpusText(cpus: IndexSet): string {
  const list = formatList(cpus);
  return /^\d+$/.test(list) ? `CPU ${list}` : `CPUs ${list}`;
}
