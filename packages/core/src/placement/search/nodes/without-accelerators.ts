import { at } from "../../../unit/list.ts";
import type { PlacedDevice } from "../../inventory/devices.ts";
import { knownGranules, mixesClasses, type NodeSpace } from "../../space/space.ts";
import { distancesOf } from "./node-set-bounds.ts";
import type { Objective } from "../../layout/layout.ts";
import { previousNodes } from "../candidates/device-orbits.ts";
import { type NodeSets, type NodeSetsFilter, visitNodeSets } from "./node-sets.ts";
import { evenNeeds, type SetNeed, unevenNeeds } from "../locality/node-needs.ts";
import { offerLayouts, type SearchContext, suppliesOf } from "../supply/supplies.ts";
import { nodeDistanceSumOf } from "../accelerators/distribution-option.ts";

/**
 * Ranks the layouts of a request without accelerators: on the fewest nodes that hold it, in equal
 * cells if some set of nodes allows it, otherwise in cells as equal as possible, and on nodes as
 * near to each other as possible. Each number of cells is tried in full before the next.
 *
 * What a set of nodes must have is turned into needs of each node and into sums before the search
 * begins (`node-needs.ts`). So every set that is visited holds the request, and a layout is made
 * only where it could matter.
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
    // Only memory on its own node is limited by the node's size; otherwise equal cells will do.
    if (!memoryOnOwnNode) continue;
    const needs = unevenNeeds(space, policy);
    rankSets(context, { count, unevenCells: 1, nodes, needs, isLeftOut: even.holds });
  }
}

/** Sets of `count` nodes, and whether the cells on them differ in size. */
interface SetsTask {
  readonly count: number;
  readonly unevenCells: 0 | 1;
  readonly nodes: readonly NodeSpace[];
  readonly needs: readonly SetNeed[];
  /** Whether something better has been tried on a set. */
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
  const mixedClasses = Number(mixesClasses(space));
  const bound = (nodeDistanceSum: number, cost = 1, unrequestedDevices = 0): Objective => {
    return { cells: count, cost, unrequestedDevices, unevenCells, nodeDistanceSum, mixedClasses };
  };
  const filter: NodeSetsFilter = {
    unbounded: ranked.unbounded,
    couldMatter: (nodeDistanceSum, memory) =>
      ranked.couldImprove(
        bound(nodeDistanceSum, memory === null ? 1 : memory + 1 - model.weights.memory),
      ),
  };
  visitNodeSets(sets, filter, effort, (set) => {
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

/** In units of effort, without finding out where cores and memory come from. */
const workPerLayout = 100;

/**
 * The free NICs on the nodes; after them all others, where the locality allows. No NIC is nearer
 * than another to a VM without accelerators, so only the unrequested devices make a difference.
 */
function nicsFor(
  { space, policy }: SearchContext,
  cellNodes: readonly number[],
): readonly PlacedDevice[] {
  const isNear = ({ node }: PlacedDevice): boolean => cellNodes.includes(node);
  const near = space.nics.filter(isNear);
  return policy.nicsOnCellNodes ? near : [...near, ...space.nics.filter((nic) => !isNear(nic))];
}
