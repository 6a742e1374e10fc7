import type { Demand } from "../host-class/demand.ts";
import type { HostClass, HostClasses } from "../host-class/host-classes.ts";
import { capacityBound, cellsOnNodes } from "./capacity-bound.ts";

/** How many VMs fit, and whether it is certain that no more do. */
export interface Slots {
  readonly slots: number;
  /** False where there were more choices than could be tried: at least this many fit. */
  readonly exact: boolean;
}

/**
 * Counts slots: how many more VMs of a demand, in its signature where it has one, a host of a class
 * can take. It is the maximum over every order and every choice of places, by branch and bound with
 * memoization.
 *
 * First each VM is placed where it is best, which mostly reaches an upper bound
 * (`capacity-bound.ts`). Where it does not, every place for the first VM is tried, followed by the
 * capacity of the host class after it; some optimal choice begins with one of these places, so
 * their maximum is the capacity. A place is skipped when the upper bound after it could not lead to
 * more. Counts are cached by host class, where different orders of the same choices meet.
 *
 * Huge pages that strangers hold must be removed from the machine before (`sellable-pages.ts`): the
 * free pages at one moment cannot be counted down.
 *
 * Real machines leave few choices, but a VM over several of many nodes has more places than anybody
 * can try. The search ends after `layoutsMax` layouts (a host class counts as some layouts, too),
 * and the count is the best that it has reached.
 */
export function slotCounter(
  hostClasses: HostClasses,
  layoutsMax = 1 << 12,
): (hostClass: HostClass, demand: Demand) => Slots {
  // By key: the search meets many host classes that no host is in, which are not cached themselves.
  const counts = new Map<string, number>();
  const uncertain = new Map<string, number>();
  const demandNumbers = new Map<string, number>();
  let left = 0;
  const keyOf = (hostClass: HostClass, demand: Demand): string => {
    const number = demandNumbers.get(demand.key) ?? demandNumbers.size;
    demandNumbers.set(demand.key, number);
    return `${number} ${hostClass.key}`;
  };
  const capacity = (hostClass: HostClass, demand: Demand): number => {
    const key = keyOf(hostClass, demand);
    const before = counts.get(key);
    if (before !== undefined) return before;
    const count = countFrom(hostClass, demand);
    if (left <= 0) return count;
    if (counts.size >= countsMax) counts.clear();
    counts.set(key, count);
    return count;
  };
  const countFrom = (hostClass: HostClass, demand: Demand): number => {
    const first = hostClasses.best(hostClass, demand);
    if (first === null) return 0;
    let reached = 1 + capacity(first.after, demand);
    const offered = hostClasses.space(hostClass, demand);
    const cells = demand.only === null ? null : cellsOnNodes(offered, first.layout);
    const boundOf = (of: HostClass): number => capacityBound(hostClasses.space(of, demand), cells);
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

/** The work of one host class, in layouts. */
const layoutsPerHostClass = 64;

/** At most some hundred megabytes. */
const countsMax = 1 << 18;
