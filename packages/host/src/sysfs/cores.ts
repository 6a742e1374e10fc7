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
 * The cores with their online CPUs, and the L3 cache that each CPU is below. One CPU of each core speaks for it, so that a core costs some
 * six files whatever its threads.
 *
 * Sets of CPUs decide and not the numbers of cores, which repeat between packages, dies and
 * clusters. `core_cpus` is the newer name of `thread_siblings`; where there is neither, every CPU
 * stands as a core of its own. CPUs that are called siblings but have different core numbers are
 * cores too: they are the two halves of an AMD compute unit, which share caches and not a core.
 * Should two CPUs disagree about who their siblings are, the lower one is believed.
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
  /** The CPU that speaks for the core. */
  readonly cpu: number;
  readonly cpus: IndexSet;
}

/** A CPU that does not tell its siblings may be named by one that does, so it comes after those. */
function coreSets(tree: Tree, online: IndexSet): CoreSet[] {
  const found: CoreSet[] = [];
  const silent: number[] = [];
  let left = online;
  for (const cpu of indices(online)) {
    if (!has(left, cpu)) continue;
    const cpus = coreOf(tree, cpu, left);
    if (cpus === null) silent.push(cpu);
    else found.push({ cpu, cpus });
    left = cpus === null ? left : difference(left, cpus);
  }
  const alone = silent.filter((cpu) => has(left, cpu));
  return [...found, ...alone.map((cpu) => ({ cpu, cpus: indexSet([cpu]) }))].toSorted(
    (a, b) => a.cpu - b.cpu,
  );
}

const siblingFiles = ["core_cpus_list", "thread_siblings_list", "core_cpus", "thread_siblings"];

/** Which CPUs that are left are of one core with this one; null where it does not say. */
function coreOf(tree: Tree, cpu: number, left: IndexSet): IndexSet | null {
  const said = readSet(tree, `${cpuDirectory}/cpu${cpu}/topology`, siblingFiles, cpu);
  const alone = indexSet([cpu]);
  if (said === null) return null;
  const siblings = intersection(said, left);
  if (equals(siblings, alone)) return alone;
  const coreId = (of: number): number | null =>
    readIndex(tree, `${cpuDirectory}/cpu${of}/topology/core_id`);
  const own = coreId(cpu);
  return indexSet(
    indices(siblings).filter((sibling) => sibling === cpu || (coreId(sibling) ?? own) === own),
  );
}

/**
 * The lowest CPU of the core's cluster, which serves as its number; null where the kernel tells
 * none, or one that is no larger than the core: nothing is shared there.
 */
function clusterOf(tree: Tree, topology: string, core: IndexSet, online: IndexSet): number | null {
  const id = readIndex(tree, `${topology}/cluster_id`);
  if (id === null) return null;
  const said = readSet(tree, topology, ["cluster_cpus_list", "cluster_cpus"]);
  const cluster = said === null ? core : intersection(said, online);
  if (equals(cluster, core) || !isEmpty(difference(core, cluster))) return null;
  return lowest(cluster);
}

/** Gives every new text the next number. */
function numbering(): (text: string) => number {
  const numbers = new Map<string, number>();
  return (text) => {
    const known = numbers.get(text) ?? numbers.size;
    numbers.set(text, known);
    return known;
  };
}
