import type { Evidence, ThreadEvidence } from "../../evidence/evidence.ts";
import { size } from "../../set/index-set.ts";
import { setOf } from "../../set/list-format.ts";
import type { MemoryNode, Topology } from "../../topology/topology.ts";
import { allKnown, at } from "../../unit/list.ts";
import { sum, sumOf } from "../../unit/sum.ts";
import { countOf } from "../../unit/tally.ts";
import { type CellHome, cellHomes } from "./cell-homes.ts";
import { type ByNode, spreadOf } from "./spread.ts";
import { devicesOf, vcpuCount, type Yardstick, yardstickOf } from "./yardstick.ts";

/** The nodes that a subject belongs on, and why. */
export interface Home {
  readonly nodes: ReadonlySet<number>;
  /** In words: `node 0, where its 2 accelerators are`. */
  readonly why: string;
  /** Whether it is where it is because of accelerators, which do not move. */
  readonly isBesideAccelerators: boolean;
  /** Where each node of the guest belongs; empty for what counts as a whole. */
  readonly cells: readonly CellHome[];
  /** What placement would give a VM on the empty machine; null for anything else. */
  readonly yardstick: Yardstick | null;
}

/** What homes are found from. */
export interface HomeInput {
  readonly evidence: Evidence;
  readonly topology: Topology | null;
  readonly memoryByNode: ByNode | null;
  readonly workers: readonly ThreadEvidence[] | null;
}

/**
 * Finds where a subject belongs. Accelerators do not move, so it belongs beside its own. Without
 * any it belongs where most of its memory is already. What is wider than that, by its memory, its
 * vCPUs, its busy threads or by what placement would give it, belongs on more nodes by right.
 *
 * What has accelerators and shows neither its memory nor its threads is taken to fit beside them.
 *
 * Null where the node of an accelerator is unknown, where nothing tells where the memory is, and
 * where it may be wider than the nodes and nobody can tell.
 */
export function homeOf({ evidence, topology, memoryByNode, workers }: HomeInput): Home | null {
  if (topology === null || evidence.of === "machine") return null;
  const [only, ...others] = topology.nodes;
  if (only === undefined) return null;
  const yardstick = yardstickOf(evidence, topology);
  if (others.length === 0) {
    const why = `${listed([only.id])}, the only one`;
    return { nodes: new Set([only.id]), why, isBesideAccelerators: false, cells: [], yardstick };
  }
  const beside = nodesOfAccelerators(evidence, topology);
  const isBesideAccelerators = beside.length > 0;
  if (beside.includes(null)) return null;
  if (!isBesideAccelerators && sum((memoryByNode ?? new Map<number, number>()).values()) === 0) {
    return null;
  }
  const own = [...new Set(beside)].filter((node) => node !== null).toSorted((a, b) => a - b);
  const places = topology.nodes.filter(({ id }) => !own.includes(id));
  const worked = spreadOf(workers ?? [], topology) ?? new Map<number, number>();
  const held = memoryByNode ?? new Map<number, number>();
  const further = places
    .filter(({ cpus }) => cpus !== "")
    .toSorted(
      (a, b) =>
        countOf(held, b.id) - countOf(held, a.id) ||
        countOf(worked, b.id) - countOf(worked, a.id) ||
        a.id - b.id,
    );
  const nodes = widened(own, further, yardstick, { evidence, topology, memoryByNode, workers });
  if (nodes === null) return null;
  const why = isBesideAccelerators
    ? whyBeside(own, nodes, beside.length)
    : `${listed(nodes)}, with most of its memory`;
  const cells = cellHomes(evidence, topology, new Set(nodes));
  return { nodes: new Set(nodes), why, isBesideAccelerators, cells, yardstick };
}

/** The node of each accelerator that a subject has; null where it is unknown. */
function nodesOfAccelerators(evidence: Evidence, topology: Topology): readonly (number | null)[] {
  const { accelerators } = devicesOf(evidence, topology);
  const nodeOf = new Map(topology.pci.map(({ address, node }) => [address, node]));
  for (const { address, node } of evidence.devices) if (node !== null) nodeOf.set(address, node);
  return accelerators.map((address) => nodeOf.get(address) ?? null);
}

/** A node's memory is never all to be had: the kernel, its tables and its buffers have a part. */
const usable = 0.95;

/** Adds nodes until the subject fits; null where that cannot be told. */
function widened(
  own: readonly number[],
  further: readonly MemoryNode[],
  yardstick: Yardstick | null,
  { evidence, topology, memoryByNode, workers }: HomeInput & { readonly topology: Topology },
): readonly number[] | null {
  const nodes = [...own];
  const left = [...further];
  const isBeside = own.length > 0;
  const wanted = yardstick === null ? 1 : yardstick.memory.size;
  const bytes = sum((memoryByNode ?? new Map<number, number>()).values());
  for (;;) {
    const chosen = topology.nodes.filter(({ id }) => nodes.includes(id));
    const room = roomIn(chosen, bytes, memoryByNode) ?? (isBeside || null);
    const cpus = chosen.some((node) => node.cpus === null)
      ? null
      : sumOf(chosen, (node) => size(setOf(node.cpus ?? "")));
    const isWide = isWiderThan(cpus, evidence, workers, isBeside);
    if (nodes.length > 0 && (room === null || isWide === null)) return null;
    if (nodes.length >= wanted && room === true && isWide === false) return nodes;
    const next = left.shift();
    if (next === undefined) return nodes.length > 0 ? nodes : null;
    nodes.push(next.id);
  }
}

/** Whether all of the memory fits on these nodes; null where their size is unknown. */
function roomIn(
  nodes: readonly MemoryNode[],
  bytes: number,
  memoryByNode: ByNode | null,
): boolean | null {
  if (memoryByNode === null) return null;
  if (sumOf(nodes, ({ id }) => countOf(memoryByNode, id)) === bytes) return true;
  let room = 0;
  for (const { memoryBytes } of nodes) {
    if (memoryBytes === null) return null;
    room += memoryBytes * usable;
  }
  return bytes <= room;
}

/** A thread that runs a tenth as much as the busiest is no helper on the side. */
const busy = 0.1;

/**
 * Whether it can keep more CPUs busy than these; null where that is unknown. What shows nothing of
 * that is taken for no wider where it has accelerators.
 */
function isWiderThan(
  cpus: number | null,
  evidence: Evidence,
  workers: readonly ThreadEvidence[] | null,
  isBeside: boolean,
): boolean | null {
  if (cpus === null) return null;
  const unread = isBeside ? false : null;
  if (evidence.of === "vm") {
    const vcpus = vcpuCount(evidence);
    return vcpus === null ? unread : vcpus > cpus;
  }
  if (workers === null) return unread;
  if (workers.length <= cpus) return false;
  const ran = allKnown(workers.map(({ ranNs }) => ranNs));
  if (ran === null) return null;
  const most = ran.reduce((max, ns) => Math.max(max, ns), 0);
  return ran.filter((ns) => ns >= most * busy).length > cpus;
}

function whyBeside(own: readonly number[], nodes: readonly number[], accelerators: number): string {
  const they = accelerators === 1 ? "its accelerator is" : `its ${accelerators} accelerators are`;
  const beside = `${listed(own)}, where ${they}`;
  return nodes.length === own.length ? beside : `${listed(nodes)}: it is too wide for ${beside}`;
}

/** `node 0`, `nodes 0 and 2`. */
export function listed(nodes: readonly number[]): string {
  const ids = nodes.toSorted((a, b) => a - b);
  if (ids.length === 1) return `node ${at(ids, 0)}`;
  return `nodes ${ids.slice(0, -1).join(", ")} and ${at(ids, ids.length - 1)}`;
}

/** The nodes that a guest's node belongs on; those of the whole where the guest has no such. */
export function nodesOfCell({ cells, nodes }: Home, cell: number | null): ReadonlySet<number> {
  return cells.find(({ id }) => id === cell)?.nodes ?? nodes;
}

/** The guest's node that a thread is a vCPU of; null for every other thread. */
export function cellOf({ cells }: Home, { role }: ThreadEvidence): number | null {
  if (role?.kind !== "vcpu") return null;
  return cells.find(({ isOf }) => isOf(role.id))?.id ?? null;
}

/** Where a subject belongs, guest node by guest node where it has several. */
export function whyHome({ cells, why }: Home): string {
  if (cells.length === 0) return why;
  const parts = cells.map(({ id, nodes }) => `guest node ${id} on ${listed([...nodes])}`);
  return parts.join(", ");
}
