import {
  difference,
  has,
  type IndexSet,
  indexSet,
  indices,
  intersection,
  isEmpty,
  isSubset,
  lowest,
  unionAll,
} from "@evenkeel/core/set/index-set.ts";
import { setOf } from "@evenkeel/core/set/list-format.ts";
import { knownCpus } from "@evenkeel/core/topology/node-facts.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { allKnown, at } from "@evenkeel/core/unit/list.ts";
import { acceleratorOf, type Binder, type Outcome, refused, type Worker } from "./case.ts";

/**
 * The published rules of the binders that people use, each as its source has them, with its
 * mistakes. They are told in our words; nothing of the sources is here.
 */

// torchrun --numa-binding: https://github.com/pytorch/pytorch/blob/main/torch/numa/binding.py

/** The device's own word; what it does not say is taken for node 0. */
function torchNode({ pci }: Topology, address: string): number {
  const told = pci.find((device) => device.address === address)?.node;
  return told === null || told === undefined ? 0 : told;
}

/** The CPUs of a node that the process may use; null for a node that is not there. */
function torchCpus({ topology, allowed }: Worker, node: number): IndexSet | null {
  const found = topology.nodes.find(({ id }) => id === node);
  return found === undefined ? null : intersection(knownCpus(found), allowed);
}

/** Its place among the visible GPUs of its node, and how many they are. */
function torchPlace(worker: Worker, address: string): { place: number; count: number } {
  const visible = worker.seen ?? worker.all;
  const node = torchNode(worker.topology, address);
  const sharing = visible.filter((one) => torchNode(worker.topology, one) === node);
  return { place: sharing.indexOf(address), count: sharing.length };
}

/** No memory is bound, and an empty set of CPUs is an error. */
function torchBound(cpus: IndexSet | null, isAlone: boolean): Outcome {
  if (cpus === null || isEmpty(cpus)) return refused;
  return { kind: "bound", cpus, memoryNodes: null, isAlone };
}

function torchrun(
  rule: (worker: Worker, address: string) => IndexSet | null | "untold",
  isAlone = false,
) {
  return (worker: Worker): Outcome | null => {
    const address = acceleratorOf(worker);
    if (address === null || worker.vendor === "other") return refused;
    const cpus = rule(worker, address);
    return cpus === "untold" ? null : torchBound(cpus, isAlone);
  };
}

const torchNodeRule = (worker: Worker, address: string): IndexSet | null =>
  torchCpus(worker, torchNode(worker.topology, address));

/**
 * The package of a node is that of its lowest allowed CPU; each node of the machine is asked for
 * one, and a node without any ends the program.
 */
function torchSocketRule(worker: Worker, address: string): IndexSet | null | "untold" {
  const { nodes, cores } = worker.topology;
  const cpus = nodes.map(({ id }) => torchCpus(worker, id));
  if (cpus.some((set) => set === null || isEmpty(set))) return null;
  const packageOf = (set: IndexSet | null): number | null => {
    const first = set === null ? null : lowest(set);
    return cores.find((core) => first !== null && has(setOf(core.cpus), first))?.package ?? null;
  };
  const packages = allKnown(cpus.map(packageOf));
  if (packages === null) return "untold";
  const own = nodes.findIndex(({ id }) => id === torchNode(worker.topology, address));
  if (own < 0) return null;
  return unionAll(
    cpus.flatMap((set, i) => (set !== null && packages[i] === packages[own] ? set : [])),
  );
}

/** Cores by their lowest CPU in equal slices; a remainder goes to the lowest indices, one each. */
function torchExclusiveRule(worker: Worker, address: string): IndexSet | null | "untold" {
  const cpus = torchNodeRule(worker, address);
  if (cpus === null) return null;
  const cores = groupsOf(worker.topology, cpus, ({ id }) => id);
  if (cores === null) return "untold";
  const { place, count } = torchPlace(worker, address);
  const each = Math.floor(cores.length / count);
  const rest = cores.length % count;
  if (each < 1) return null;
  const start = place * each + Math.min(place, rest);
  return unionAll(cores.slice(start, start + each + (place < rest ? 1 : 0)));
}

/** The last-level caches with the most allowed CPUs first, one a GPU, and from the first again. */
function torchComplexRule(worker: Worker, address: string): IndexSet | null | "untold" {
  const cpus = torchNodeRule(worker, address);
  if (cpus === null) return null;
  const caches = groupsOf(worker.topology, cpus, ({ l3 }) => l3);
  if (caches === null) return "untold";
  if (caches.length === 0) return null;
  const largest = caches.toSorted((a, b) => indices(b).length - indices(a).length);
  return at(largest, torchPlace(worker, address).place % largest.length);
}

/** Allowed CPUs by what their cores have in common, by ascending lowest CPU; null if untold. */
function groupsOf(
  { cores }: Topology,
  cpus: IndexSet,
  keyOf: (core: Topology["cores"][number]) => number | null,
): readonly IndexSet[] | null {
  const own = cores
    .map((core) => ({ key: keyOf(core), cpus: intersection(setOf(core.cpus), cpus) }))
    .filter((core) => !isEmpty(core.cpus));
  const told = unionAll(own.map((core) => core.cpus));
  if (!isSubset(cpus, told) || own.some(({ key }) => key === null)) return null;
  const groups = [...Map.groupBy(own, ({ key }) => key).values()];
  return groups
    .map((group) => unionAll(group.map((core) => core.cpus)))
    .toSorted((a, b) => at(indices(a), 0) - at(indices(b), 0));
}

// bindpcie: https://github.com/NVIDIA/mlperf-common/blob/main/client/bindpcie

/** What it works out from lscpu and nvidia-smi; it never looks at PCIe. Null if untold. */
function pcieNumbers({ topology: { nodes, cores }, all }: Worker) {
  const packages = new Set(cores.map((core) => core.package));
  if (cores.length === 0 || packages.has(null)) return null;
  const coresPerNode = Math.floor(cores.length / nodes.length);
  const isMany = all.length > 1 && all.length >= nodes.length;
  const perNode = isMany ? Math.floor(all.length / nodes.length) : 1;
  return {
    perNode,
    nodeCount: isMany ? nodes.length : all.length,
    coresPerGpu: Math.floor(coresPerNode / perNode),
  };
}

function bindpcie(isExclusive: boolean) {
  return (worker: Worker): Outcome | null => {
    const { topology, rank, all, allowed, vendor } = worker;
    if (vendor !== "nvidia" || rank >= all.length) return refused;
    const numbers = pcieNumbers(worker);
    if (numbers === null) return null;
    const { perNode, nodeCount, coresPerGpu } = numbers;
    const id = Math.floor(rank / perNode);
    // numactl refuses a node or a CPU that is not there, and the kernel a node without memory.
    const node = topology.nodes.find((one) => one.id === id);
    if (node === undefined || node.memoryBytes === 0) return refused;
    const memoryNodes = indexSet([id]);
    if (!isExclusive) {
      const cpus = intersection(knownCpus(node), allowed);
      return isEmpty(cpus) ? refused : { kind: "bound", cpus, memoryNodes, isAlone: false };
    }
    // The second thread of each core is taken to be as far on as all of these cores are many.
    const first = Array.from({ length: coresPerGpu }, (_, i) => rank * coresPerGpu + i);
    const siblings = first.map((cpu) => cpu + coresPerGpu * perNode * nodeCount);
    const cpus = indexSet([...first, ...siblings]);
    const isThere = isEmpty(difference(cpus, allowed)) && !isEmpty(cpus);
    return isThere ? { kind: "bound", cpus, memoryNodes, isAlone: true } : refused;
  };
}

// accelerate:
// https://github.com/huggingface/accelerate/blob/main/src/accelerate/utils/environment.py

/**
 * The CPUs that NVML calls ideal for the GPU whose NVML index is the rank, whatever the process
 * sees; the kernel takes of these what the cpuset has. NVML counts by address.
 */
function accelerate({ topology, all, rank, allowed, vendor }: Worker): Outcome {
  const address = all[rank];
  if (vendor !== "nvidia" || address === undefined) return refused;
  const id = topology.pci.find((device) => device.address === address)?.node ?? null;
  const node = topology.nodes.find((one) => one.id === id);
  const ideal = node === undefined ? unionAll(topology.nodes.map(knownCpus)) : knownCpus(node);
  const cpus = intersection(ideal, allowed);
  return isEmpty(cpus) ? refused : { kind: "bound", cpus, memoryNodes: null, isAlone: false };
}

export const publishedBinders: readonly Binder[] = [
  { name: "torchrun", mode: "node", bind: torchrun(torchNodeRule) },
  { name: "torchrun", mode: "socket", bind: torchrun(torchSocketRule) },
  { name: "torchrun", mode: "exclusive", bind: torchrun(torchExclusiveRule, true) },
  { name: "torchrun", mode: "core-complex", bind: torchrun(torchComplexRule) },
  { name: "bindpcie", mode: "node", bind: bindpcie(false) },
  { name: "bindpcie", mode: "exclusive", bind: bindpcie(true) },
  { name: "accelerate", mode: "node", bind: accelerate },
];
