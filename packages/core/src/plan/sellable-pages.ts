import type { Plan } from "./plan.ts";
import type { HostState } from "./host-state.ts";
import type { HugepagePool, MemoryNode, Topology } from "../topology/topology.ts";
import { at } from "../unit/list.ts";
import { sum, sumOf } from "../unit/sum.ts";

/**
 * The host's topology with only the huge pages that it can sell. Pages that are neither free nor
 * promised to a plan are held by strangers, and are removed from their pool.
 *
 * A pool's free count is read once, at one moment. For a single placement it is a limit like any
 * other. But VMs that are placed one after the other ahead of time must count it down, like every
 * other resource; without it, they count down the pool itself. The plans are taken to be running,
 * as in every placement.
 */
export function withSellablePages({ topology, taken }: HostState): Topology {
  const nodes = topology.nodes.map((node) => sellableNode(node, taken));
  return nodes.every((node, i) => node === topology.nodes[i]) ? topology : { ...topology, nodes };
}

function sellableNode(node: MemoryNode, taken: readonly Plan[]): MemoryNode {
  if (node.hugepages.every(({ free }) => free === null)) return node;
  const hugepages = node.hugepages.map((pool) => ({ ...pool, ...sellablePool(node, pool, taken) }));
  const gone = sum(
    node.hugepages.map(({ sizeBytes, total }, i) => sizeBytes * (total - at(hugepages, i).total)),
  );
  const memoryBytes = node.memoryBytes === null ? null : node.memoryBytes - gone;
  return { ...node, memoryBytes, hugepages };
}

function sellablePool(
  { id }: MemoryNode,
  { sizeBytes, total, free }: HugepagePool,
  taken: readonly Plan[],
): Pick<HugepagePool, "total" | "free"> {
  if (free === null) return { total, free };
  const cells = taken.flatMap((plan) =>
    plan.cells.filter(({ pageBytes }) => pageBytes === sizeBytes),
  );
  const parts = cells.flatMap(({ memoryOnNodes }) =>
    memoryOnNodes.filter(({ node }) => node === id),
  );
  const promised = sumOf(parts, ({ bytes }) => bytes) / sizeBytes;
  return { total: total - Math.max(0, total - promised - free), free: null };
}

/**
 * The topology without the free counts of huge pages, for a VM that runs already: its own pages are
 * not free. Pools then count all VMs by their plans.
 */
export function withoutFreePages(topology: Topology): Topology {
  const nodes = topology.nodes.map((node) => ({
    ...node,
    hugepages: node.hugepages.map((pool) => ({ ...pool, free: null })),
  }));
  return { ...topology, nodes };
}
