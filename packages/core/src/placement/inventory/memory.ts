import { knownPools } from "../../topology/node-facts.ts";
import type { HostPolicy } from "../../request/host-policy.ts";
import type { MemoryNode, Topology } from "../../topology/topology.ts";
import { sumOf } from "../../unit/sum.ts";

/** The memory that a machine's nodes have to sell, by node position, then by page size. */
export interface MemoryInventory {
  /** The huge page sizes that any node has, ascending. Base pages come after them in `pools`. */
  readonly hugepageSizes: readonly number[];
  readonly pools: readonly (readonly MemoryPool[])[];
}

/** Pages of one size on one node. */
export interface MemoryPool {
  /**
   * The memory for all VMs together; null where it is unknown: huge pages where nobody told of
   * them, and then base pages too, since nobody knows how much the huge pages leave.
   */
  readonly bytes: number | null;
  /** The memory that is free at this moment: a running VM's pages are gone from it. */
  readonly freeBytes: number | null;
}

/**
 * Huge pages are counted by their pool. Base pages are the node's memory without its huge page
 * pools and without the memory that the operator keeps.
 */
export function memoryInventory(topology: Topology, policy: HostPolicy): MemoryInventory {
  const sizes = topology.nodes.flatMap(knownPools).map((pool) => pool.sizeBytes);
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
  if (node.hugepages === null && node.memoryBytes !== 0) return { bytes: null, freeBytes: null };
  const pool = knownPools(node).find(({ sizeBytes }) => sizeBytes === size);
  if (pool === undefined) return { bytes: 0, freeBytes: 0 };
  return {
    bytes: pool.total * size,
    freeBytes: pool.free === null ? null : pool.free * size,
  };
}

function basePages(node: MemoryNode, { reserved }: HostPolicy): MemoryPool {
  if (node.memoryBytes === 0) return { bytes: 0, freeBytes: 0 };
  if (node.memoryBytes === null || node.hugepages === null) {
    return { bytes: null, freeBytes: null };
  }
  const pools = sumOf(node.hugepages, (pool) => pool.sizeBytes * pool.total);
  return { bytes: node.memoryBytes - pools - reserved.memoryPerNodeBytes, freeBytes: null };
}
