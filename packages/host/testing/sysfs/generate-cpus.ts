import { indices, indexSet } from "@evenkeel/core/set/index-set.ts";
import { formatList, parseList } from "@evenkeel/core/set/list-format.ts";
import type { Core, L3Cache, Topology } from "@evenkeel/core/topology/topology.ts";
import { valueOf } from "@evenkeel/core/unit/list.ts";
import { count, countOf } from "@evenkeel/core/unit/tally.ts";
import { addLine, type GeneratedTree, unknownIndex } from "./generated-tree.ts";

const cpuRoot = "/sys/devices/system/cpu";

/**
 * `/sys/devices/system/cpu`: Documentation/admin-guide/cputopology.rst and ABI/testing/
 * sysfs-devices-system-cpu. An offline CPU keeps its directory and `online`, but has neither
 * topology nor caches.
 */
export function generateCpus(
  tree: GeneratedTree,
  { cores, l3Caches, offlineCpus }: Topology,
): void {
  const online = cpusOf(cores);
  const offline = cpusIn(offlineCpus);
  const present = formatList(indexSet([...online, ...offline]));
  addLine(tree, `${cpuRoot}/online`, formatList(indexSet(online)));
  addLine(tree, `${cpuRoot}/present`, present);
  addLine(tree, `${cpuRoot}/possible`, present);
  addLine(tree, `${cpuRoot}/offline`, offlineCpus);
  for (const cpu of offline) addLine(tree, `${cpuRoot}/cpu${cpu}/online`, 0);

  const sharers = {
    package: grouped(cores, (core) => core.package),
    die: grouped(cores, (core) => core.die),
    cluster: grouped(cores, (core) => core.cluster),
    l3: grouped(cores, (core) => core.l3),
  };
  const dieIds = idsWithinPackage(cores, (core) => core.die);
  const clusterIds = idsWithinPackage(cores, (core) => core.cluster);
  const l3Known = new Map(l3Caches.map((cache) => [cache.id, cache]));
  const coreIds = idsWithinPackage(cores, (core) => core.id);
  for (const core of cores) {
    for (const cpu of cpusIn(core.cpus)) {
      const at = `${cpuRoot}/cpu${cpu}`;
      // The boot processor can rarely be taken offline, so it has no such file.
      if (cpu !== 0) addLine(tree, `${at}/online`, 1);
      // The fastest has 1024; another class is a fifth slower, more than cores of one kind differ.
      if (core.class !== null) {
        addLine(tree, `${at}/cpu_capacity`, Math.round(1024 * 0.8 ** core.class));
      }
      addLine(tree, `${at}/topology/physical_package_id`, core.package ?? unknownIndex);
      addLine(tree, `${at}/topology/core_id`, valueOf(coreIds, core.id));
      for (const name of ["core_cpus", "thread_siblings"]) addSet(tree, at, name, core.cpus);
      for (const name of ["package_cpus", "core_siblings"]) {
        addSet(tree, at, name, sharers.package.get(core.package) ?? core.cpus);
      }
      if (core.die !== null) {
        addLine(tree, `${at}/topology/die_id`, valueOf(dieIds, core.die));
        addSet(tree, at, "die_cpus", sharers.die.get(core.die) ?? core.cpus);
      }
      // On an architecture with clusters, a core without a cluster has the id -1 and only itself in
      // the set.
      const cluster = core.cluster === null ? -1 : valueOf(clusterIds, core.cluster);
      addLine(tree, `${at}/topology/cluster_id`, cluster);
      addSet(tree, at, "cluster_cpus", sharers.cluster.get(core.cluster) ?? core.cpus);
      const known = core.l3 === null ? undefined : l3Known.get(core.l3);
      addCaches(tree, at, core, sharers.l3.get(core.l3) ?? null, known);
    }
  }
}

/** Both the list and the mask, as the kernel has each. */
function addSet(tree: GeneratedTree, cpu: string, name: string, list: string): void {
  addLine(tree, `${cpu}/topology/${name}_list`, list);
  addLine(tree, `${cpu}/topology/${name}`, maskText(list));
}

/** L1d, L1i and L2 of the core, and the L3 where there is one. */
function addCaches(
  tree: GeneratedTree,
  at: string,
  core: Core,
  l3: string | null,
  known: L3Cache | undefined,
): void {
  const caches = [
    { level: 1, type: "Data", size: "48K", cpus: core.cpus, id: core.id, ways: 8 },
    { level: 1, type: "Instruction", size: "32K", cpus: core.cpus, id: core.id, ways: 8 },
    { level: 2, type: "Unified", size: "2048K", cpus: core.cpus, id: core.id, ways: 8 },
    ...(core.l3 === null || l3 === null
      ? []
      : [{ level: 3, type: "Unified", ...l3Files(known), cpus: l3 }]),
  ];
  for (const [i, { level, type, size, cpus, id, ways }] of caches.entries()) {
    const index = `${at}/cache/index${i}`;
    addLine(tree, `${index}/level`, level);
    addLine(tree, `${index}/type`, type);
    if (size !== null) addLine(tree, `${index}/size`, size);
    if (id !== null) addLine(tree, `${index}/id`, id);
    if (ways !== null) addLine(tree, `${index}/ways_of_associativity`, ways);
    addLine(tree, `${index}/shared_cpu_list`, cpus);
    addLine(tree, `${index}/shared_cpu_map`, maskText(cpus));
  }
}

/** The known facts about a cache beside its sharers. */
function l3Files(known: L3Cache | undefined) {
  const kilobytes =
    known?.sizeBytes === undefined || known.sizeBytes === null ? null : known.sizeBytes / 1024;
  return {
    size: kilobytes === null ? null : `${kilobytes}K`,
    ways: known?.ways ?? null,
    id: known?.kernelId ?? null,
  };
}

/** Words of 32 bits from the highest, as `bitmap_print_to_pagebuf` writes them. */
export function maskText(list: string): string {
  let bits = 0n;
  for (const cpu of cpusIn(list)) bits |= 1n << BigInt(cpu);
  const digits = bits.toString(16);
  const words: string[] = [];
  for (let end = digits.length; end > 0; end -= 8) {
    words.unshift(digits.slice(Math.max(0, end - 8), end));
  }
  return words.map((word, i) => (i === 0 ? word : word.padStart(8, "0"))).join(",");
}

/** The CPUs of the cores that share a value, as a list, by the value. */
function grouped(
  cores: readonly Core[],
  numberOf: (core: Core) => number | null,
): ReadonlyMap<number | null, string> {
  const groups = new Map<number, number[]>();
  for (const core of cores) {
    const value = numberOf(core);
    if (value !== null) groups.set(value, [...(groups.get(value) ?? []), ...cpusIn(core.cpus)]);
  }
  return new Map([...groups].map(([value, cpus]) => [value, formatList(indexSet(cpus))]));
}

/** The kernel numbers cores, clusters and dies from 0 in every package. */
function idsWithinPackage(
  cores: readonly Core[],
  numberOf: (core: Core) => number | null,
): ReadonlyMap<number, number> {
  const ids = new Map<number, number>();
  const numbered = new Map<number | null, number>();
  const byCpu = cores.toSorted((a, b) => firstCpu(a) - firstCpu(b));
  for (const core of byCpu) {
    const value = numberOf(core);
    if (value === null || ids.has(value)) continue;
    ids.set(value, countOf(numbered, core.package));
    count(numbered, core.package);
  }
  return ids;
}

function firstCpu({ cpus }: Core): number {
  const [first] = cpusIn(cpus);
  if (first === undefined) throw new Error("a core without a CPU");
  return first;
}

function cpusIn(list: string): number[] {
  return indices(parseList(list) ?? indexSet([]));
}

function cpusOf(cores: readonly Core[]): number[] {
  return cores.flatMap(({ cpus }) => cpusIn(cpus));
}
