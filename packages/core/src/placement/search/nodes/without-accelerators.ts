import { at } from "../../../unit/list.ts";
import type { Device } from "../../inventory/devices.ts";
import { knownGranules, type NodeSpace } from "../../space/space.ts";
import { distancesOf } from "./distance.ts";
import type { Objective } from "../../layout/layout.ts";
import { previousNodes } from "../candidates/device-orbits.ts";
import { type NodeSets, type NodeSetsFilter, visitNodeSets } from "./node-sets.ts";
import { evenNeeds, type SetNeed, unevenNeeds } from "../locality/node-needs.ts";
import { offerLayouts } from "../supply/offer-layouts.ts";
import { nodeDistanceSumOf } from "../accelerators/distribution-option.ts";
import type { SearchContext } from "../supply/search-context.ts";
import { suppliesOf } from "../supply/supplies.ts";

/**
 * Ranks the ways to place a request that has no accelerators to follow: on the fewest nodes that
 * hold it, in equal cells if some such set allows it, else as equal as it allows, and on nodes as
 * near to each other as possible. Each number of cells is tried in full before the next.
 *
 * What a set of nodes must fulfil is made into what each node must by itself, and into sums, before
 * any set is looked at (`node-needs.ts`): so the sets that are shown do hold the request, and a
 * layout is only made of one that could matter.
 */
export function rankWithoutAccelerators(context: SearchContext): void {
  const { space, policy, ranked } = context;
  const { memoryOnOwnNode } = policy;
  const nodes = space.nodes.filter(
    (node) => node.units > 0 && (!memoryOnOwnNode || knownGranules(node) > 0),
  );
  // Every cell has cores and memory.
  const most = Math.min(nodes.length, space.units, space.granules);
  for (let count = 1; count <= most && !ranked.isComplete(); count++) {
    if (!policy.isPossible(count)) continue;
    const even = evenNeeds(space, policy, count);
    rankSets(context, { count, unevenCells: 0, nodes: nodes.filter(even.mayBeCell), ...even });
    // Only what must lie on its own node is cut to the node's size; elsewhere equal cells will do.
    if (!memoryOnOwnNode) continue;
    const needs = unevenNeeds(space, policy);
    rankSets(context, { count, unevenCells: 1, nodes, needs, isLeftOut: even.holds });
  }
}

/** Sets of so many nodes, and whether cells on them differ in size. */
interface SetsTask {
  readonly count: number;
  readonly unevenCells: 0 | 1;
  readonly nodes: readonly NodeSpace[];
  readonly needs: readonly SetNeed[];
  /** Of which sets something better has been tried. */
  readonly isLeftOut?: (set: readonly NodeSpace[]) => boolean;
}

function rankSets(
  context: SearchContext,
  { count, unevenCells, nodes, needs, isLeftOut }: SetsTask,
): void {
  const { space, model, policy, ranked, effort } = context;
  const { distance } = space.inventory.relations;
  if (nodes.length < count) return;
  const ids = nodes.map(({ id }) => id);
  const sets: NodeSets = {
    count,
    nodes: nodes.length,
    previous: previousNodes(space, nodes),
    needs: needs.map(({ total, has }) => ({ total, has: Float64Array.from(nodes, has) })),
    leastMemory: policy.leastMemory(nodes, count),
    distances: () => distancesOf(ids, distance),
  };
  const bound = (nodeDistanceSum: number, cost = 1, unrequestedDevices = 0): Objective => {
    return { cells: count, cost, unrequestedDevices, unevenCells, nodeDistanceSum };
  };
  const open: NodeSetsFilter = {
    unbounded: ranked.unbounded,
    open: (nodeDistanceSum, memory) =>
      ranked.couldImprove(
        bound(nodeDistanceSum, memory === null ? 1 : memory + 1 - model.weights.memory),
      ),
  };
  visitNodeSets(sets, open, effort, (set) => {
    if (isLeftOut?.(set.map((i) => at(nodes, i))) === true) return;
    const cellNodes = set.map((i) => at(ids, i));
    const nodeDistanceSum = nodeDistanceSumOf(cellNodes, distance);
    effort.spend(workPerLayout);
    const supplies = suppliesOf(context, { cellNodes, deviceNodes: cellNodes.map(() => []) });
    if (supplies.length === 0) return;
    offerLayouts(context, {
      supplies,
      accelerators: [],
      nics: nicsFor(context, cellNodes),
      partition: null,
      objectiveOf: (cost, unrequestedDevices) => bound(nodeDistanceSum, cost, unrequestedDevices),
    });
  });
}

/** In units of effort, beside what finding out where cores and memory come from takes. */
const workPerLayout = 100;

/**
 * NICs on the nodes, and where the locality allows, from anywhere once those on the nodes run out.
 * None is nearer than another, so what matters is how many others come along.
 */
function nicsFor(
  { space, policy }: SearchContext,
  cellNodes: readonly number[],
): readonly Device[] {
  const isNear = ({ node }: Device): boolean => node !== null && cellNodes.includes(node);
  const near = space.nics.filter(isNear);
  return policy.devicesOnCellNodes ? near : [...near, ...space.nics.filter((nic) => !isNear(nic))];
}
