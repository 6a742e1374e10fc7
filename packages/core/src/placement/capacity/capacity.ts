import type { Space } from "../space/space.ts";
import type { Demand } from "../state/demand.ts";
import type { State, States } from "../state/states.ts";

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
 */
export function capacities(states: States): (state: State, demand: Demand) => number {
  const known = new Map<string, number>();
  const demands = new Map<string, number>();
  const capacity = (state: State, demand: Demand): number => {
    // Of states that hosts only pass through in thought there are many: the count alone is kept.
    const number = demands.get(demand.key) ?? demands.size;
    demands.set(demand.key, number);
    const key = `${number} ${state.key}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const count = most(state, demand);
    if (known.size >= countsMax) known.clear();
    known.set(key, count);
    return count;
  };
  const most = (state: State, demand: Demand): number => {
    const first = states.best(state, demand);
    if (first === null) return 0;
    let reached = 1 + capacity(first.after, demand);
    const limit = capacityBound(states.space(state, demand));
    if (reached >= limit) return reached;
    for (const { after } of states.all(state, demand)) {
      if (
        after.key === first.after.key ||
        1 + capacityBound(states.space(after, demand)) <= reached
      )
        continue;
      reached = Math.max(reached, 1 + capacity(after, demand));
      if (reached >= limit) break;
    }
    return reached;
  };
  return capacity;
}

/** Some hundred megabytes at the most; what is forgotten is counted again. */
const countsMax = 1 << 18;

/** What no number of VMs can exceed: each resource by itself, over the whole host. */
function capacityBound(space: Space): number {
  const { request, nodes, units, granules, accelerators, nics } = space;
  const total = (amount: (node: Space["nodes"][number]) => number): number =>
    nodes.reduce((sum, node) => sum + Math.max(0, amount(node)), 0);
  const counts = [
    total((node) => node.units) / units,
    total((node) => node.granules ?? 0) / granules,
  ];
  if (request.accelerators.count > 0) {
    counts.push(accelerators.length / request.accelerators.count);
  }
  if (request.nics.count > 0) counts.push(nics.length / request.nics.count);
  if (request.isolation === "host") counts.push(1);
  return Math.floor(Math.min(...counts));
}
