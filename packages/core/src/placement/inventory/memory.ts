import type { HostPolicy } from "../../request/host-policy.ts";
import type { MemoryNode, Topology } from "../../topology/topology.ts";

/** What memory a machine's nodes have to sell, by the nodes' positions, then by page size. */
export interface MemoryInventory {
  /** The huge page sizes that any node has, ascending. Base pages come after them. */
  readonly hugepageSizes: readonly number[];
  readonly pools: readonly (readonly MemoryPool[])[];
}

/** Pages of one size on one node. */
export interface MemoryPool {
  /** What VMs may have in all; null where the node's memory is unknown. */
  readonly bytes: number | null;
  /** What is free just now, by those who look: a running VM's pages are gone from it. */
  readonly freeBytes: number | null;
}

/**
 * Huge pages are what their pool has. Base pages are the node's memory without its huge page pools
 * and what the operator keeps.
 */
export function memoryInventory(topology: Topology, policy: HostPolicy): MemoryInventory {
  const sizes = topology.nodes.flatMap((node) => node.hugepages.map((pool) => pool.sizeBytes));
  const hugepageSizes = [...new Set(sizes)].toSorted((a, b) => a - b);
  return {
    hugepageSizes,
    pools: topology.nodes.map((node) => [
      ...hugepageSizes.map((size) => hugepagePool(node, size)),
      basePages(node, policy),
    ]),
  };
}

/** The position of a page size among a node's pools; -1 where no node has such huge pages. */
export function poolPosition({ hugepageSizes }: MemoryInventory, sizeBytes: number | null): number {
  return sizeBytes === null ? hugepageSizes.length : hugepageSizes.indexOf(sizeBytes);
}

function hugepagePool(node: MemoryNode, size: number): MemoryPool {
  const pool = node.hugepages.find(({ sizeBytes }) => sizeBytes === size);
  if (pool === undefined) return { bytes: 0, freeBytes: 0 };
  return {
    bytes: pool.total * size,
    freeBytes: pool.free === null ? null : pool.free * size,
  };
}

function basePages(node: MemoryNode, { reserved }: HostPolicy): MemoryPool {
  if (node.memoryBytes === null) return { bytes: null, freeBytes: null };
  const pools = node.hugepages.reduce((sum, pool) => sum + pool.sizeBytes * pool.total, 0);
  return { bytes: node.memoryBytes - pools - reserved.memoryPerNodeBytes, freeBytes: null };
}
