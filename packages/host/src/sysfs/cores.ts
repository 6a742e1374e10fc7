import type { CoreParts } from "@evenkeel/core/topology/build.ts";
import {
  difference,
  equals,
  has,
  type IndexSet,
  indexSet,
  indices,
  intersection,
  isEmpty,
  lowest,
} from "@evenkeel/core/set/index-set.ts";
import { formatList } from "@evenkeel/core/set/list-format.ts";
import type { Tree } from "../tree/tree.ts";
import { packageNumbers, readPackagePlace } from "./packages.ts";
import { cpuDirectory } from "./processors.ts";
import { readIndex, readSet } from "./values.ts";

/**
 * Reads the cores with their online CPUs and their L3 cache. The files of one CPU are read for each
 * core, so a core costs some six files whatever its number of threads.
 *
 * Cores are formed from sets of siblings, not from core numbers, which repeat between packages,
 * dies and clusters. `core_cpus` is the newer name of `thread_siblings`; a CPU without either is a
 * core of its own. Siblings with different core numbers are also separate cores: they are the two
 * halves of an AMD compute unit, which share caches but not a core. If two CPUs disagree about
 * their siblings, the lower one's set is used.
 */
export function readCores(
  tree: Tree,
  online: IndexSet,
  l3Of: ReadonlyMap<number, number>,
): CoreParts[] {
  const dieNumber = numbering();
  const sets = coreSets(tree, online);
  const topologyOf = (cpu: number): string => `${cpuDirectory}/cpu${cpu}/topology`;
  const [first] = sets;
  const inBooks = first !== undefined && tree.realPath(`${topologyOf(first.cpu)}/book_id`) !== null;
  const places = sets.map(({ cpu }) => readPackagePlace(tree, topologyOf(cpu), inBooks));
  const packages = packageNumbers(places);
  return sets.map(({ cpu, cpus }, i) => {
    const topology = topologyOf(cpu);
    const packageId = packages[i] ?? null;
    const dieId = readIndex(tree, `${topology}/die_id`);
    return {
      package: packageId,
      // Dies are numbered within their package.
      die: dieId === null ? null : dieNumber(`${packageId}/${dieId}`),
      cluster: clusterOf(tree, topology, cpus, online),
      l3: l3Of.get(cpu) ?? null,
      cpus: formatList(cpus),
    };
  });
}

interface CoreSet {
  /** The core's lowest CPU, from which its files are read. */
  readonly cpu: number;
  readonly cpus: IndexSet;
}

/** A CPU without siblings may be listed by another CPU, so it is assigned after those. */
function coreSets(tree: Tree, online: IndexSet): CoreSet[] {
  const found: CoreSet[] = [];
  const withoutSiblings: number[] = [];
  let unassigned = online;
  for (const cpu of indices(online)) {
    if (!has(unassigned, cpu)) continue;
    const cpus = coreOf(tree, cpu, unassigned);
    if (cpus === null) withoutSiblings.push(cpu);
    else found.push({ cpu, cpus });
    unassigned = cpus === null ? unassigned : difference(unassigned, cpus);
  }
  const alone = withoutSiblings.filter((cpu) => has(unassigned, cpu));
  return [...found, ...alone.map((cpu) => ({ cpu, cpus: indexSet([cpu]) }))].toSorted(
    (a, b) => a.cpu - b.cpu,
  );
}

const siblingFiles = ["core_cpus_list", "thread_siblings_list", "core_cpus", "thread_siblings"];

/** The unassigned CPUs that share a core with this one; null where its files do not show it. */
function coreOf(tree: Tree, cpu: number, unassigned: IndexSet): IndexSet | null {
  const recorded = readSet(tree, `${cpuDirectory}/cpu${cpu}/topology`, siblingFiles, cpu);
  const alone = indexSet([cpu]);
  if (recorded === null) return null;
  const siblings = intersection(recorded, unassigned);
  if (equals(siblings, alone)) return alone;
  const coreId = (of: number): number | null =>
    readIndex(tree, `${cpuDirectory}/cpu${of}/topology/core_id`);
  const own = coreId(cpu);
  return indexSet(
    indices(siblings).filter((sibling) => sibling === cpu || (coreId(sibling) ?? own) === own),
  );
}

/**
 * The lowest CPU of the core's cluster, used as the cluster's number. Null where the kernel shows
 * no cluster, or one no larger than the core, in which nothing is shared.
 */
function clusterOf(tree: Tree, topology: string, core: IndexSet, online: IndexSet): number | null {
  const id = readIndex(tree, `${topology}/cluster_id`);
  if (id === null) return null;
  const recorded = readSet(tree, topology, ["cluster_cpus_list", "cluster_cpus"]);
  const cluster = recorded === null ? core : intersection(recorded, online);
  if (equals(cluster, core) || !isEmpty(difference(core, cluster))) return null;
  return lowest(cluster);
}

/** Numbers texts in the order of their first occurrence. */
function numbering(): (text: string) => number {
  const numbers = new Map<string, number>();
  return (text) => {
    const known = numbers.get(text) ?? numbers.size;
    numbers.set(text, known);
    return known;
  };
}
