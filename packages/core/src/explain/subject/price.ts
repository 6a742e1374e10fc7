import { costModel, type NodeShare } from "../../cost/placement-cost.ts";
import type { Evidence } from "../../evidence/evidence.ts";
import type { Topology } from "../../topology/topology.ts";
import { sum } from "../../unit/sum.ts";
import { unknownCost } from "../../verify/verdict/check.ts";
import type { FindingCost } from "../../verify/verdict/verdict.ts";
import type { Home } from "./home.ts";
import type { ByNode } from "./spread.ts";
import { devicesOf } from "./yardstick.ts";

/**
 * What it costs that a subject's workers or its memory are spread over nodes as given, everything
 * else being at home. Amounts by node need not sum to 1.
 */
export type Price = (spread: {
  readonly memory?: ByNode;
  readonly workers?: ByNode;
}) => FindingCost;

/**
 * Prices a spread by the cost model: the cost of the subject with its workers or its memory spread
 * as they are, relative to its cost with both at home. The subject counts as one cell, as the guest
 * of a VM without vNUMA does. That underrates a VM whose cells are at home each on its own node, in
 * both costs alike.
 */
export function pricer(topology: Topology | null, home: Home | null, evidence: Evidence): Price {
  if (topology === null || home === null) return () => unknownCost;
  const model = costModel(topology, "inference");
  const known = new Set(topology.nodes.map(({ id }) => id));
  const nodeOf = new Map(topology.pci.map(({ address, node }) => [address, node]));
  const { accelerators, nics } = devicesOf(evidence, topology);
  const placed = accelerators.map((address) => {
    return { address, node: nodeOf.get(address) ?? null, cell: 0 };
  });
  const atHome: ByNode = new Map([...home.nodes].map((node) => [node, 1]));
  const cost = (memory: ByNode, workers: ByNode): ReturnType<typeof model.cost> =>
    model.cost({
      cells: [{ share: 1, vcpuNodes: sharesOf(workers), memoryNodes: sharesOf(memory) }],
      accelerators: placed,
      nics,
    });
  const best = cost(atHome, atHome);
  return ({ memory = atHome, workers = atHome }) => {
    const nodes = [...memory.keys(), ...workers.keys()];
    const isPriced = sum(memory.values()) > 0 && sum(workers.values()) > 0;
    if (!isPriced || nodes.some((node) => !known.has(node))) return unknownCost;
    const { total, basis } = cost(memory, workers);
    if (basis === "unknown") return unknownCost;
    return { slowdown: Math.max(1, total / best.total), basis };
  };
}

function sharesOf(amounts: ByNode): NodeShare[] {
  const all = sum(amounts.values());
  return [...amounts].map(([node, amount]) => ({ node, share: amount / all }));
}
