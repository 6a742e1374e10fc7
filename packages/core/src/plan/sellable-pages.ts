import { knownPools } from "../topology/node-facts.ts";
import { type HeldMemory, memoryBeyondPlan } from "./holding.ts";
import type { HostState } from "./host-state.ts";
import type { HugepagePool, MemoryNode, Topology } from "../topology/topology.ts";
import { at } from "../unit/list.ts";
import { sum, sumOf } from "../unit/sum.ts";

/**
 * The host's topology with only the huge pages that it can sell. Pages that are neither free nor
 * promised to a plan, nor held by a VM beyond its plan, are removed from their pool.
 *
 * A pool's free count is read once, at one moment. For a single placement it is a limit like any
 * other. But VMs that are placed one after the other ahead of time must count it down, like every
 * other resource; without it, they count down the pool itself. The plans are taken to be running,
 * as in every placement.
 */
export function withSellablePages({ topology, taken, held = [] }: HostState): Topology {
  const parts = [
    ...taken.flatMap((plan) =>
      plan.cells.flatMap(({ pageBytes, memoryOnNodes }) =>
        memoryOnNodes.map((part) => ({ ...part, pageBytes })),
      ),
    ),
    ...held.flatMap(memoryBeyondPlan),
  ];
  const nodes = topology.nodes.map((node) => sellableNode(node, parts));
  return nodes.every((node, i) => node === topology.nodes[i]) ? topology : { ...topology, nodes };
}

function sellableNode(node: MemoryNode, parts: readonly HeldMemory[]): MemoryNode {
  const before = knownPools(node);
  if (before.every(({ free }) => free === null)) return node;
  const hugepages = before.map((pool) => ({ ...pool, ...sellablePool(node, pool, parts) }));
  const gone = sum(
    before.map(({ sizeBytes, total }, i) => sizeBytes * (total - at(hugepages, i).total)),
  );
  const memoryBytes = node.memoryBytes === null ? null : node.memoryBytes - gone;
  return { ...node, memoryBytes, hugepages };
}

function sellablePool(
  { id }: MemoryNode,
  { sizeBytes, total, free }: HugepagePool,
  parts: readonly HeldMemory[],
): Pick<HugepagePool, "total" | "free"> {
  if (free === null) return { total, free };
  const own = parts.filter(({ node, pageBytes }) => node === id && pageBytes === sizeBytes);
  const promised = sumOf(own, ({ bytes }) => bytes) / sizeBytes;
  return { total: total - Math.max(0, total - promised - free), free: null };
}

/**
 * The topology without the free counts of huge pages, for a VM that runs already: its own pages are
 * not free. Pools then count all VMs by their plans.
 */
export function withoutFreePages(topology: Topology): Topology {
  const nodes = topology.nodes.map((node) => ({
    ...node,
    hugepages: node.hugepages?.map((pool) => ({ ...pool, free: null })) ?? null,
  }));
  return { ...topology, nodes };
}
