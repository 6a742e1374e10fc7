import type { Request } from "@evenkeel/core/request/request.ts";
import { size } from "@evenkeel/core/set/index-set.ts";
import { knownCpus, knownPools } from "@evenkeel/core/topology/node-facts.ts";
import type { MemoryNode, Topology } from "@evenkeel/core/topology/topology.ts";
import { wholeAccelerators } from "@evenkeel/core/topology/virtual-functions.ts";
import type { HostPolicy } from "@evenkeel/core/request/host-policy.ts";
import { governedTopology } from "@evenkeel/core/plan/host-state.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";

/**
 * What a machine offers to VMs of one request, as somebody sees it who does not plan: devices in a
 * list, CPUs and memory by node.
 */
export interface Offered {
  readonly accelerators: readonly OfferedDevice[];
  readonly nics: readonly OfferedDevice[];
  /** By ascending id. */
  readonly nodes: readonly OfferedNode[];
}

export interface OfferedDevice {
  readonly address: string;
  readonly node: number | null;
}

export interface OfferedNode {
  readonly id: number;
  readonly cpus: number;
  /** In pages of the size that the request asks for. */
  readonly bytes: number;
  /** All nodes by distance from this one, itself first; without distances all others are equal. */
  readonly nearest: readonly number[];
}

/** What the topology offers under a policy, which may keep devices back. */
export function offeredTo(topology: Topology, policy: HostPolicy, request: Request): Offered {
  const governed = governedTopology(topology, policy);
  const nodeOf = new Map(governed.pci.map(({ address, node }) => [address, node]));
  const device = ({ address }: { readonly address: string }): OfferedDevice => {
    return { address, node: nodeOf.get(address) ?? null };
  };
  const wanted = request.accelerators.model?.toLowerCase() ?? "";
  const isWanted = (model: string | null): boolean =>
    wanted === "" || (model ?? "").toLowerCase().includes(wanted);
  return {
    accelerators: wholeAccelerators(governed)
      .filter(({ model }) => isWanted(model))
      .map(device),
    nics: governed.nics.filter(({ rdma }) => !request.nics.rdma || rdma === true).map(device),
    nodes: governed.nodes.map((node, position) => {
      return {
        id: node.id,
        cpus: size(knownCpus(node)),
        bytes: bytesOf(node, request.hugepageBytes),
        nearest: nearestOf(governed, position),
      };
    }),
  };
}

function nearestOf({ nodes, distances }: Topology, position: number): readonly number[] {
  const row = distances === null ? nodes.map(() => 1) : at(distances, position);
  return nodes
    .map(({ id }, i) => ({ id, distance: i === position ? 0 : at(row, i) }))
    .toSorted((a, b) => a.distance - b.distance || a.id - b.id)
    .map(({ id }) => id);
}

/** The node's known memory in pages of one size; null is the base page. */
function bytesOf(node: MemoryNode, hugepageBytes: number | null): number {
  const pools = knownPools(node);
  if (hugepageBytes !== null) {
    const pool = pools.find(({ sizeBytes }) => sizeBytes === hugepageBytes);
    return pool === undefined ? 0 : pool.total * pool.sizeBytes;
  }
  if (node.memoryBytes === null) return 0;
  return Math.max(0, node.memoryBytes - sumOf(pools, (pool) => pool.total * pool.sizeBytes));
}
