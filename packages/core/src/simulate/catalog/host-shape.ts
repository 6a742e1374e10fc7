import type { HostPolicy } from "../../request/host-policy.ts";
import type { MemoryNode, Topology } from "../../topology/topology.ts";
import { MiB } from "../../unit/bytes.ts";
import type { HostShape, NodeShape } from "../fleet/host.ts";

/**
 * What of a machine can be sold, in plain numbers by node: the cores that the host does not keep,
 * memory in the largest huge pages or else what the host leaves of base pages, and accelerators.
 * Nodes without CPUs are left out, and so are accelerators of which nobody knows the node: neither
 * can be in a cell of a strict placement.
 */
export function hostShapeOf(topology: Topology, policy: HostPolicy): HostShape {
  const nodeOf = new Map(topology.pci.map(({ address, node }) => [address, node]));
  const nodes = topology.nodes.filter(({ cpus }) => cpus !== "");
  const models = new Set(topology.accelerators.map(({ model }) => model));
  return {
    model: models.size === 1 ? ([...models][0] ?? null) : null,
    nodes: nodes.map((node): NodeShape => {
      const cores = topology.cores.filter((core) => core.node === node.id).length;
      return {
        cpuMilli: Math.max(0, cores - policy.reserved.coresPerNode) * 1000,
        memoryMib: Math.floor(sellableBytes(node, policy) / MiB),
        gpus: topology.accelerators.filter(({ address }) => nodeOf.get(address) === node.id).length,
      };
    }),
  };
}

function sellableBytes({ hugepages, memoryBytes }: MemoryNode, policy: HostPolicy): number {
  const pools = hugepages.filter(({ total }) => total > 0);
  const [largest] = pools.toSorted((a, b) => b.sizeBytes - a.sizeBytes);
  if (largest !== undefined) return largest.sizeBytes * largest.total;
  return Math.max(0, (memoryBytes ?? 0) - policy.reserved.memoryPerNodeBytes);
}
