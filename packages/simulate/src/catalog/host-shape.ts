import { knownPools } from "@evenkeel/core/topology/node-facts.ts";
import { keptCores } from "@evenkeel/core/plan/kept-cores.ts";
import type { HostPolicy } from "@evenkeel/core/request/host-policy.ts";
import type { MemoryNode, Topology } from "@evenkeel/core/topology/topology.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import type { HostShape, NodeShape } from "../fleet/host.ts";

/**
 * The resources of a machine that can be sold, as plain numbers for each node: the cores that the
 * host does not reserve, memory in the largest huge pages (without huge pages, the base pages that
 * the host does not reserve), and accelerators. Nodes without CPUs and accelerators with an unknown
 * node are left out, because a strict placement cannot use them. Unknown memory is not sold.
 */
export function hostShapeOf(topology: Topology, policy: HostPolicy): HostShape {
  const nodeOf = new Map(topology.pci.map(({ address, node }) => [address, node]));
  const nodes = topology.nodes.filter(({ cpus }) => cpus !== null && cpus !== "");
  const pageBytes = largestPageBytes(topology);
  const kept = keptCores(topology, policy);
  const models = new Set(topology.accelerators.map(({ model }) => model));
  return {
    model: models.size === 1 ? ([...models][0] ?? null) : null,
    nodes: nodes.map((node): NodeShape => {
      const sold = topology.cores.filter((core) => core.node === node.id && !kept.has(core.id));
      return {
        cpuMilli: sold.length * 1000,
        memoryMib: Math.floor(sellableBytes(node, pageBytes, policy) / MiB),
        gpus: topology.accelerators.filter(({ address }) => nodeOf.get(address) === node.id).length,
      };
    }),
  };
}

/** The size of the largest huge pages that the machine has; null without huge pages. */
export function largestPageBytes({ nodes }: Topology): number | null {
  const sizes = nodes
    .flatMap(knownPools)
    .filter(({ total }) => total > 0)
    .map(({ sizeBytes }) => sizeBytes);
  return sizes.length === 0 ? null : Math.max(...sizes);
}

function sellableBytes(node: MemoryNode, pageBytes: number | null, policy: HostPolicy): number {
  if (pageBytes !== null) {
    const pool = knownPools(node).find(({ sizeBytes }) => sizeBytes === pageBytes);
    return pool === undefined ? 0 : pageBytes * (pool.free ?? pool.total);
  }
  if (node.memoryBytes === null) return 0;
  return Math.max(0, node.memoryBytes - policy.reserved.memoryPerNodeBytes);
}
