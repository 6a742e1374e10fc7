import {
  has,
  type IndexSet,
  indices,
  intersection,
  isDisjoint,
  isSubset,
  unionAll,
} from "@evenkeel/core/set/index-set.ts";
import { parseList, setOf } from "@evenkeel/core/set/list-format.ts";
import type { Core, MemoryNode, Topology } from "@evenkeel/core/topology/topology.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";
import type { HeldHere } from "../../holding/read-holdings.ts";
import { memoryField } from "../../sysfs/values.ts";
import type { Tree } from "../../tree/tree.ts";
import { type CpuTimes, readCpuTimes, shareBetween } from "./cpu-times.ts";
import type { MeasurableMachine, MeasurableNode } from "./machine.ts";

export interface SurveyInput {
  readonly topology: Topology;
  /** A new look at this machine. */
  readonly tree: Tree;
  /** The CPUs' times some tenths of a second ago. */
  readonly before: ReadonlyMap<number, CpuTimes>;
  /** What the VMs here hold. */
  readonly held: readonly Pick<HeldHere, "vcpus" | "memory">[];
  readonly isGentle: boolean;
  /** Emulated CPUs have no caches, whatever they say. */
  readonly isEmulated: boolean;
}

export interface Survey {
  readonly machine: MeasurableMachine;
  /** Sentences: what may not be used, and why. */
  readonly notes: readonly string[];
}

/** A core this busy, or a thread of it, is not idle. */
const idleShare = 0.1;

/**
 * What of this machine may be measured: the CPUs and nodes that this process may use (cpusets), one
 * CPU of each core, the idlest first, and memory that nobody uses, with a margin that stays free.
 * Gently that is idle cores alone on which no VM runs, and memory that is free now; otherwise also
 * memory that the kernel keeps of files that were not read lately.
 */
export function surveyMachine(input: SurveyInput): Survey {
  const { topology, tree, before, held, isGentle, isEmulated } = input;
  const status = tree.readText("/proc/self/status") ?? "";
  const allowedCpus = listed(status, "Cpus_allowed_list");
  const allowedNodes = listed(status, "Mems_allowed_list");
  const times = readCpuTimes(tree);
  const busyOf = (core: Core): number | null =>
    shareBetween(before, times, indices(setOf(core.cpus)), "busy");
  const all = unionAll(topology.cores.map(({ cpus }) => setOf(cpus)));
  // A vCPU that may run everywhere is on no core more than on another.
  const pinned = unionAll(
    held
      .flatMap(({ vcpus }) => vcpus.map(({ cpus }) => setOf(cpus)))
      .filter((set) => !isSubset(all, set)),
  );
  const notes: string[] = [];
  const only = topology.nodes.length === 1 ? topology.nodes[0]?.id : null;
  const nodes = topology.nodes.map((node): MeasurableNode => {
    const cores = topology.cores.filter((core) => (core.node ?? only) === node.id);
    const may = (core: Core): boolean =>
      allowedCpus === null || !isDisjoint(setOf(core.cpus), allowedCpus);
    const isIdle = (core: Core): boolean => {
      const busy = busyOf(core);
      return isDisjoint(setOf(core.cpus), pinned) && (busy === null || busy < idleShare);
    };
    const allowed = cores.filter(may);
    const idle = isGentle ? allowed.filter(isIdle) : allowed;
    const note = noteOn(node, cores.length, allowed.length, idle.length);
    if (note !== null) notes.push(note);
    const chosen = idle.toSorted((a, b) => Number(busyOf(a)) - Number(busyOf(b)));
    const mayTake = allowedNodes === null || has(allowedNodes, node.id);
    if (!mayTake && node.memoryBytes !== 0) {
      notes.push(`memory of node ${node.id} may not be used here: its cpuset leaves it out`);
    }
    const holdsHere = held.some(({ memory }) => memory.some((one) => one.node === node.id));
    return {
      id: node.id,
      cpus: chosen.flatMap((core) => firstAllowed(setOf(core.cpus), allowedCpus)),
      coreCount: cores.length,
      freeBytes: mayTake ? freeBytes(tree, node, isGentle) : 0,
      freeHugeBytes: mayTake && held.length === 0 ? freeHugeBytes(node) : 0,
      ...(isEmulated ? noCaches : cachesOf(topology, cores)),
      mayBeLoaded: !isGentle || (!holdsHere && idle.length === cores.length),
    };
  });
  return { machine: { nodes, distances: topology.distances }, notes };
}

function listed(status: string, name: string): IndexSet | null {
  const line = status.split("\n").find((one) => one.startsWith(`${name}:`));
  return line === undefined ? null : parseList(line.slice(name.length + 1).trim());
}

function firstAllowed(cpus: IndexSet, allowed: IndexSet | null): readonly number[] {
  return indices(allowed === null ? cpus : intersection(cpus, allowed)).slice(0, 1);
}

function noteOn(node: MemoryNode, cores: number, allowed: number, used: number): string | null {
  const of = `of the ${cores} cores of node ${node.id}`;
  if (allowed < cores)
    return `${allowed} ${of} may be used here: affinity or a cpuset leaves out the others`;
  return used < cores ? `${used} ${of} are idle and no VM's: the others were not used` : null;
}

/** Left free on every node: 1/16 of it, and at least this. */
const marginLeast = 64 * MiB;

/** What may be taken of a node's memory. What nobody tells is not taken. */
function freeBytes(tree: Tree, node: MemoryNode, isGentle: boolean): number {
  const text =
    tree.readText(`/sys/devices/system/node/node${node.id}/meminfo`) ??
    tree.readText("/proc/meminfo");
  const free = memoryField(text, "MemFree");
  const files = isGentle ? null : memoryField(text, "Inactive(file)");
  if (free === null || node.memoryBytes === 0) return 0;
  const margin = Math.max(marginLeast, Number(node.memoryBytes) / 16);
  return Math.max(0, Math.floor(free + Number(files) - margin));
}

function freeHugeBytes({ hugepages }: MemoryNode): number {
  const pools = (hugepages ?? []).filter(({ sizeBytes }) => sizeBytes === 2 * MiB);
  return sumOf(pools, ({ sizeBytes, free }) => sizeBytes * Number(free));
}

const noCaches = { coreCacheBytes: 0, nodeCacheBytes: 0 } as const;

/** The caches of the last level that some cores fill: L3 where it is known. */
function cachesOf(
  { l3Caches }: Topology,
  cores: readonly Core[],
): Pick<MeasurableNode, "coreCacheBytes" | "nodeCacheBytes"> {
  const own = l3Caches.filter(({ id }) => cores.some(({ l3 }) => l3 === id));
  const sizes = own.flatMap(({ sizeBytes }) => sizeBytes ?? []);
  if (sizes.length === 0 || sizes.length < own.length) {
    return { coreCacheBytes: null, nodeCacheBytes: null };
  }
  return { coreCacheBytes: Math.max(...sizes), nodeCacheBytes: sumOf(sizes, (one) => one) };
}
