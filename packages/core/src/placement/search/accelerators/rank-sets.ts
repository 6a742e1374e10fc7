import { at } from "../../../unit/list.ts";
import type { PlacedDevice } from "../../inventory/devices.ts";
import { mixesClasses } from "../../space/space.ts";
import type { Objective } from "../../layout/layout.ts";
import { offerLayouts, type SearchContext, leastCostOf, suppliesOf } from "../supply/supplies.ts";
import type { FreePartition } from "../candidates/partitions.ts";
import { type Candidates, hasSetOn, visitSets } from "./sets-of-distribution.ts";
import type { DistributionOption } from "./distribution-option.ts";

/** The accelerators of one search, and their sets on distributions. */
export interface SetSearch extends SearchContext {
  readonly devices: readonly PlacedDevice[];
  /** The devices, as sets are made of them. */
  readonly candidates: Candidates;
}

/**
 * Offers the sets of a distribution to the ranking, or only the set of a partition, as long as they
 * could matter. Returns false once the effort is used up.
 *
 * Branch and bound. A distribution decides its cells, their distances and the cost of the paths to
 * memory, the same for all its sets; every other part costs at least 1. By this lower bound whole
 * distributions are given up; and so is the beginning of a set that could at best equal the
 * incumbent and comes later in the order of positions.
 */
export function rankDistribution(
  search: SetSearch,
  option: DistributionOption,
  partition: FreePartition | null,
): boolean {
  const { space, model, policy, ranked, effort, devices, candidates } = search;
  const { distribution, cellNodes } = option;
  const first = (): readonly number[] => firstSet(search, option);
  if (!ranked.couldImprove(boundOn(search, option, leastCost), first)) return true;
  if (space.request.accelerators.link !== "any" && !hasSetOn(candidates, distribution, effort)) {
    return true;
  }
  effort.spend(workPerDistribution);
  const supplies = suppliesOf(search, option);
  if (supplies.length === 0) return effort.sufficed();
  const least = Math.min(...supplies.map((supply) => leastCostOf(model, supply)));
  const positionsOf = (set: readonly number[]): readonly number[] =>
    set.map((i) => at(devices, i).position);
  if (!ranked.couldImprove(boundOn(search, option, least), first)) return effort.sufficed();
  const nics = policy.nicsOnCellNodes
    ? space.nics.filter(({ node }) => cellNodes.includes(node))
    : space.nics;
  const offer = (set: readonly number[]): boolean => {
    effort.spend(workPerSet + set.length ** 2);
    offerLayouts(search, {
      supplies,
      accelerators: set.map((i) => at(devices, i)),
      nics,
      partition: partition === null ? null : partition.id,
      objectiveOf: (cost, unrequestedDevices) => boundOn(search, option, cost, unrequestedDevices),
    });
    return effort.sufficed();
  };
  if (partition !== null) return offer(partition.set);
  const couldMatter = (set: readonly number[]): boolean =>
    ranked.couldImprove(boundOn(search, option, least), () => positionsOf(set));
  return visitSets(candidates, distribution, { couldMatter, effort }, offer);
}

/** In units of effort, without finding out where cores and memory come from. */
const workPerDistribution = 60;

/** Every part of a cost is at least 1, and the weights sum to 1. */
const leastCost = 1;

/** The objective that no layout on a distribution's cells can beat, with at least this cost. */
function boundOn(
  { space }: SetSearch,
  { cellNodes, nodeDistanceSum }: DistributionOption,
  cost: number,
  unrequestedDevices = 0,
): Objective {
  return {
    cells: cellNodes.length,
    cost,
    unrequestedDevices,
    unevenCells: 0,
    nodeDistanceSum,
    mixedClasses: Number(mixesClasses(space)),
  };
}

/** In units of effort, without the set's pairs and NICs. */
const workPerSet = 30;

/** The positions on the machine of the first set of a distribution. */
function firstSet(
  { devices, candidates }: SetSearch,
  { distribution }: DistributionOption,
): readonly number[] {
  return candidates.byNode
    .flatMap(({ members }, s) => members.slice(0, at(distribution, s)))
    .map((i) => at(devices, i).position)
    .toSorted((a, b) => a - b);
}
