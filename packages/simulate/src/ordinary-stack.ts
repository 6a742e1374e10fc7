import { knownCpus, knownPools } from "@evenkeel/core/topology/node-facts.ts";
import type { Placed } from "@evenkeel/core/cost/placement-cost.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import { size } from "@evenkeel/core/set/index-set.ts";
import type { MemoryNode, Topology } from "@evenkeel/core/topology/topology.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";

/**
 * A VM that an ordinary stack has started: the baseline for comparisons with Evenkeel.
 *
 * The model is plain libvirt and QEMU with a definition that names devices, a number of vCPUs and
 * an amount of memory, and no nodes:
 *
 * - Devices: the first free ones of the model in the order of PCI addresses, as device plugins and
 *   inventories list them, whatever their node.
 * - vCPUs: not pinned, so the kernel runs them on any CPU. Over time each node runs its share.
 * - Memory: first touch. QEMU touches all memory from its first thread, so it comes from the node
 *   where that thread runs and, when that is full, from the next nearest. The kernel starts a new
 *   process on the least loaded node: here the node with the fewest VMs, the lowest of equals.
 * - The guest sees one node with everything on it.
 *
 * A real kernel may decide differently each time: that is the problem. This model makes one likely
 * decision, always the same, and makes nothing worse than it is.
 */
export interface OrdinaryVm {
  readonly name: string;
  readonly accelerators: readonly string[];
  readonly nics: readonly string[];
  /** The node on which QEMU's first thread runs. */
  readonly startNode: number;
  readonly memoryOnNodes: readonly { readonly node: number; readonly bytes: number }[];
  readonly placed: Placed;
}

/** Starts the VMs one after another. A VM is null where devices or memory run out. */
export function ordinaryStack(
  topology: Topology,
  requests: readonly Request[],
): readonly (OrdinaryVm | null)[] {
  const started: (OrdinaryVm | null)[] = [];
  for (const request of requests) {
    const before = started.filter((vm) => vm !== null);
    started.push(start(topology, request, before));
  }
  return started;
}

function start(
  topology: Topology,
  request: Request,
  before: readonly OrdinaryVm[],
): OrdinaryVm | null {
  const accelerators = firstFree(
    topology.accelerators.filter(({ model }) => isOf(model, request.accelerators.model)),
    request.accelerators.count,
    before.flatMap((vm) => vm.accelerators),
  );
  const nics = firstFree(
    topology.nics.filter((nic) => !request.nics.rdma || nic.rdma === true),
    request.nics.count,
    before.flatMap((vm) => vm.nics),
  );
  const withCpus = topology.nodes.filter((node) => size(knownCpus(node)) > 0);
  const times = (node: MemoryNode): number =>
    before.filter((vm) => vm.startNode === node.id).length;
  const [startNode] = withCpus.toSorted((a, b) => times(a) - times(b) || a.id - b.id);
  if (accelerators === null || nics === null || startNode === undefined) return null;
  const memoryOnNodes = firstTouch(topology, request, startNode.id, before);
  if (memoryOnNodes === null) return null;
  const cpus = (node: MemoryNode): number => size(knownCpus(node));
  const allCpus = sumOf(withCpus, (node) => cpus(node));
  const nodeOf = new Map(topology.pci.map((device) => [device.address, device.node]));
  return {
    name: request.name,
    accelerators,
    nics,
    startNode: startNode.id,
    memoryOnNodes,
    placed: {
      cells: [
        {
          share: 1,
          vcpuNodes: withCpus.map((node) => ({ node: node.id, share: cpus(node) / allCpus })),
          memoryNodes: memoryOnNodes.map(({ node, bytes }) => ({
            node,
            share: bytes / request.memoryBytes,
          })),
        },
      ],
      accelerators: accelerators.map((address) => ({
        address,
        node: nodeOf.get(address) ?? null,
        cell: 0,
      })),
      nics,
    },
  };
}

function isOf(model: string | null, wanted: string | null): boolean {
  return wanted === null || (model ?? "").toLowerCase().includes(wanted.toLowerCase());
}

function firstFree(
  devices: readonly { readonly address: string }[],
  count: number,
  held: readonly string[],
): readonly string[] | null {
  const free = devices.map(({ address }) => address).filter((address) => !held.includes(address));
  return free.length < count ? null : free.slice(0, count);
}

/** Takes memory from the start node, then from the nearest nodes that have memory left. */
function firstTouch(
  topology: Topology,
  request: Request,
  startNode: number,
  before: readonly OrdinaryVm[],
): OrdinaryVm["memoryOnNodes"] | null {
  const { nodes, distances } = topology;
  const position = nodes.findIndex(({ id }) => id === startNode);
  // Without known distances, all other nodes are equally far.
  const row = distances === null ? nodes.map(() => 1) : at(distances, position);
  const near = nodes
    .map((node, i) => ({ node, distance: i === position ? 0 : at(row, i) }))
    .toSorted((a, b) => a.distance - b.distance || a.node.id - b.node.id);
  const parts: { node: number; bytes: number }[] = [];
  let rest = request.memoryBytes;
  for (const { node } of near) {
    const used = before
      .flatMap((vm) => vm.memoryOnNodes)
      .reduce((sum, part) => sum + (part.node === node.id ? part.bytes : 0), 0);
    const bytes = Math.min(rest, Math.max(0, freeBytes(node, request) - used));
    if (bytes > 0) parts.push({ node: node.id, bytes });
    rest -= bytes;
  }
  return rest > 0 ? null : parts.toSorted((a, b) => a.node - b.node);
}

/** The node's known memory in pages of the request's size. */
function freeBytes(node: MemoryNode, { hugepageBytes }: Request): number {
  const pools = knownPools(node).map(({ sizeBytes, total, free }) => ({
    sizeBytes,
    total,
    free: free ?? total,
  }));
  const pool = pools.find(({ sizeBytes }) => sizeBytes === hugepageBytes);
  if (hugepageBytes !== null) return pool === undefined ? 0 : pool.free * hugepageBytes;
  if (node.memoryBytes === null) return 0;
  return node.memoryBytes - sumOf(pools, (p) => p.total * p.sizeBytes);
}
