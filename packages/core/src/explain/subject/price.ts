import { sharesOf } from "../../cost/node-shares.ts";
import { costModel } from "../../cost/placement-cost.ts";
import type { Evidence } from "../../evidence/evidence.ts";
import type { Topology } from "../../topology/topology.ts";
import { at } from "../../unit/list.ts";
import { sum } from "../../unit/sum.ts";
import { unknownCost } from "../../verify/verdict/check.ts";
import type { FindingCost } from "../../verify/verdict/verdict.ts";
import type { Home } from "./home.ts";
import type { ByNode } from "./spread.ts";
import { devicesOf } from "./yardstick.ts";

/** How the workers and the memory of a subject, or of a guest's node, are spread over nodes. */
export interface Spread {
  readonly memory?: ByNode;
  readonly workers?: ByNode;
}

/**
 * What it costs that a subject's workers or its memory are spread over nodes as given, everything
 * else being at home. Amounts by node need not sum to 1. Where home knows the guest's nodes one by
 * one, the spread of each by its number counts, and what is not named is at home.
 */
export type Price = (spread: Spread, cells?: ReadonlyMap<number, Spread>) => FindingCost;

/**
 * Prices a spread by the cost model: the cost of the subject with its workers or its memory spread
 * as they are, relative to its cost with both at home. Guest nodes count alike.
 */
export function pricer(topology: Topology | null, home: Home | null, evidence: Evidence): Price {
  if (topology === null || home === null) return () => unknownCost;
  const model = costModel(topology, "inference");
  const known = new Set(topology.nodes.map(({ id }) => id));
  const nodeOf = new Map(topology.pci.map(({ address, node }) => [address, node]));
  const { accelerators, nics } = devicesOf(evidence, topology);
  const cells = home.cells.length === 0 ? [{ id: null, nodes: home.nodes }] : home.cells;
  const placed = accelerators.map((address) => {
    const cell = home.cells.findIndex((one) => one.accelerators.includes(address));
    return { address, node: nodeOf.get(address) ?? null, cell: Math.max(0, cell) };
  });
  const cost = (spreads: readonly Required<Spread>[]): ReturnType<typeof model.cost> =>
    model.cost({
      cells: spreads.map(({ memory, workers }) => ({
        share: 1 / spreads.length,
        vcpuNodes: sharesOf(workers),
        memoryNodes: sharesOf(memory),
      })),
      accelerators: placed,
      nics,
    });
  const atHome = cells.map(({ nodes }): Required<Spread> => {
    const even = new Map([...nodes].map((node) => [node, 1]));
    return { memory: even, workers: even };
  });
  const best = cost(atHome);
  return (whole, ofCells) => {
    const spreads = cells.map(({ id }, i) => {
      return { ...at(atHome, i), ...(id === null ? whole : ofCells?.get(id)) };
    });
    const amounts = spreads.flatMap(({ memory, workers }) => [memory, workers]);
    const isPriced = amounts.every((one) => sum(one.values()) > 0);
    if (!isPriced || amounts.some((one) => [...one.keys()].some((node) => !known.has(node)))) {
      return unknownCost;
    }
    const { total, basis } = cost(spreads);
    if (basis === "unknown") return unknownCost;
    return { slowdown: Math.max(1, total / best.total), basis };
  };
}
