import type { Demand } from "../host-class/demand.ts";
import type { HostClass, HostClasses } from "../host-class/host-classes.ts";
import { capacityBound, cellsOnNodes } from "./capacity-bound.ts";

/** How many fit, and whether it is certain that no more do. */
export interface Slots {
  readonly slots: number;
  /** False where there were more choices than could be tried: so many fit, and more may. */
  readonly exact: boolean;
}

/**
 * How many more VMs of a demand, in its signature where it has one, a host in some host class can take:
 * the most that any order and any choice of places could reach.
 *
 * VMs are placed one after the other where each is best, which most often reaches a bound that
 * nothing can exceed (`capacity-bound.ts`). Where it does not, every place for the first VM is tried,
 * with the capacity of what is left after it; some optimal choice begins with one of them, so their
 * maximum is the capacity. A place is passed over when the bound of what it leaves could not lead to
 * more. Both are worked out once a host class, and orders of the same choices meet in the same host classes.
 *
 * Machines whose huge pages strangers hold too are to be settled before (`sellable-pages.ts`): what is free
 * at one moment is no amount that can be counted down.
 *
 * What real machines leave to choose is little, but a VM over several of many nodes can be put
 * together in more ways than anybody can try. Then the search ends after `layoutsMax` layouts, those
 * of a host class counting for some more, and the count is the best that it has come to.
 */
export function slotCounter(
  hostClasses: HostClasses,
  layoutsMax = 1 << 12,
): (hostClass: HostClass, demand: Demand) => Slots {
  // Of host classes that are only passed through in thought there are many: the count alone is kept.
  const known = new Map<string, number>();
  const uncertain = new Map<string, number>();
  const demands = new Map<string, number>();
  let left = 0;
  const keyOf = (hostClass: HostClass, demand: Demand): string => {
    const number = demands.get(demand.key) ?? demands.size;
    demands.set(demand.key, number);
    return `${number} ${hostClass.key}`;
  };
  const capacity = (hostClass: HostClass, demand: Demand): number => {
    const key = keyOf(hostClass, demand);
    const before = known.get(key);
    if (before !== undefined) return before;
    const count = most(hostClass, demand);
    if (left <= 0) return count;
    if (known.size >= countsMax) known.clear();
    known.set(key, count);
    return count;
  };
  const most = (hostClass: HostClass, demand: Demand): number => {
    const first = hostClasses.best(hostClass, demand);
    if (first === null) return 0;
    let reached = 1 + capacity(first.after, demand);
    const offered = hostClasses.space(hostClass, demand);
    const cells = demand.only === null ? null : cellsOnNodes(offered, first.layout);
    const boundOf = (at: HostClass): number => capacityBound(hostClasses.space(at, demand), cells);
    const limit = boundOf(hostClass);
    if (reached >= limit || left <= 0) return reached;
    const { successors, complete } = hostClasses.successors(hostClass, demand);
    left -= layoutsPerHostClass + successors.length;
    if (!complete) left = Math.min(left, 0);
    for (const { after } of successors) {
      if (after.key === first.after.key) continue;
      if (1 + boundOf(after) <= reached) continue;
      reached = Math.max(reached, 1 + capacity(after, demand));
      if (reached >= limit || left <= 0) break;
    }
    return reached;
  };
  return (hostClass, demand) => {
    const key = keyOf(hostClass, demand);
    const before = uncertain.get(key);
    if (before !== undefined) return { slots: before, exact: false };
    left = layoutsMax;
    const slots = capacity(hostClass, demand);
    const exact = left > 0 || slots >= capacityBound(hostClasses.space(hostClass, demand), null);
    if (!exact) uncertain.set(key, slots);
    return { slots, exact };
  };
}

/** What it takes to look at a host class at all, in layouts. */
const layoutsPerHostClass = 64;

/** Some hundred megabytes at the most; what is forgotten is counted again. */
const countsMax = 1 << 18;
