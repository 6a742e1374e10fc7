import type { Layout } from "../search/layout.ts";
import type { Space } from "../space/space.ts";
import type { Demand } from "../state/demand.ts";
import type { State, States } from "../state/states.ts";

/** How many fit, and whether it is certain that no more do. */
export interface Slots {
  readonly slots: number;
  /** False where there were more choices than could be tried: so many fit, and more may. */
  readonly exact: boolean;
}

/**
 * How many more VMs of a demand, in its signature where it has one, a host in some state can take:
 * the most that any order and any choice of places could reach.
 *
 * VMs are placed one after the other where each is best, which most often reaches a bound that
 * nothing can exceed: what one VM needs into what there is, resource by resource. Where it does
 * not, every place for the first VM is tried, with the capacity of what is left after it; some
 * optimal choice begins with one of them, so their maximum is the capacity. A place is passed over
 * when the bound of what it leaves could not lead to more. Both are worked out once a state, and
 * orders of the same choices meet in the same states.
 *
 * Machines whose huge pages strangers hold too are to be settled before (`settled.ts`): what is free
 * at one moment is no amount that can be counted down.
 *
 * What real machines leave to choose is little, but a VM over several of many nodes can be put
 * together in more ways than anybody can try. Then the search ends after `stepsMax` layouts, those
 * of a state counting for some more, and the count is the best that it has come to.
 */
export function boundedCapacities(
  states: States,
  stepsMax = 1 << 12,
): (state: State, demand: Demand) => Slots {
  // Of states that are only passed through in thought there are many: the count alone is kept.
  const known = new Map<string, number>();
  const uncertain = new Map<string, number>();
  const demands = new Map<string, number>();
  let left = 0;
  const keyOf = (state: State, demand: Demand): string => {
    const number = demands.get(demand.key) ?? demands.size;
    demands.set(demand.key, number);
    return `${number} ${state.key}`;
  };
  const capacity = (state: State, demand: Demand): number => {
    const key = keyOf(state, demand);
    const before = known.get(key);
    if (before !== undefined) return before;
    const count = most(state, demand);
    if (left <= 0) return count;
    if (known.size >= countsMax) known.clear();
    known.set(key, count);
    return count;
  };
  const most = (state: State, demand: Demand): number => {
    const first = states.best(state, demand);
    if (first === null) return 0;
    let reached = 1 + capacity(first.after, demand);
    const alone = demand.only !== null && isOnOneNode(first.layout);
    const boundOf = (at: State): number => capacityBound(states.space(at, demand), alone);
    const limit = boundOf(state);
    if (reached >= limit || left <= 0) return reached;
    const { steps, complete } = states.all(state, demand);
    left -= stepsPerState + steps.length;
    if (!complete) left = Math.min(left, 0);
    for (const { after } of steps) {
      if (after.key === first.after.key) continue;
      if (1 + boundOf(after) <= reached) continue;
      reached = Math.max(reached, 1 + capacity(after, demand));
      if (reached >= limit || left <= 0) break;
    }
    return reached;
  };
  return (state, demand) => {
    const key = keyOf(state, demand);
    const before = uncertain.get(key);
    if (before !== undefined) return { slots: before, exact: false };
    left = stepsMax;
    const slots = capacity(state, demand);
    const exact = left > 0 || slots >= capacityBound(states.space(state, demand), false);
    if (!exact) uncertain.set(key, slots);
    return { slots, exact };
  };
}

/** What it takes to look at a state at all, in layouts. */
const stepsPerState = 64;

/** Some hundred megabytes at the most; what is forgotten is counted again. */
const countsMax = 1 << 18;

/** A class of which one placement lies on one node alone is one of which all do. */
function isOnOneNode({ cells }: Layout): boolean {
  const [cell, ...more] = cells;
  if (cell === undefined || more.length > 0) return false;
  return [...cell.units, ...cell.granules].every(({ node }) => node === cell.node);
}

/**
 * What no number of VMs can exceed: each resource by itself, over the whole host; where each VM lies
 * on one node, over each node, for what is left over on several makes none together.
 */
function capacityBound(space: Space, onOneNode: boolean): number {
  const { request, nodes, units, granules, accelerators, nics } = space;
  const { count } = request.accelerators;
  const host = request.isolation === "host" ? 1 : Infinity;
  const wanted = request.nics.count > 0 ? nics.length / request.nics.count : Infinity;
  const devices = count > 0 ? accelerators.length / count : Infinity;
  const parts = nodes.map((node) => {
    const own = accelerators.filter((device) => device.node === node.id).length;
    return [
      Math.max(0, node.units) / units,
      (node.granules ?? 0) / granules,
      onOneNode && count > 0 ? own / count : Infinity,
    ];
  });
  const total = (at: number): number => parts.reduce((sum, part) => sum + (part[at] ?? 0), 0);
  const together = onOneNode
    ? parts.reduce((sum, part) => sum + Math.floor(Math.min(...part)), 0)
    : Math.min(total(0), total(1));
  return Math.floor(Math.min(together, devices, wanted, host));
}
