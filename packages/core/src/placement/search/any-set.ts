import type { Space } from "../space/space.ts";
import { candidatesOf } from "./beside-accelerators.ts";
import { effort } from "./effort.ts";
import { twinNodes } from "./kinds.ts";
import { freePartitions } from "./partitions.ts";
import { visitSets } from "./sets-on-spread.ts";
import { spreadsOf } from "./spreads.ts";

/**
 * Whether there is a set of accelerators that are connected as the request asks, whatever their
 * nodes have beside them.
 */
export function hasSet(space: Space): boolean {
  const { accelerators, topology, request } = space;
  const candidates = candidatesOf(space, accelerators);
  if (topology.partitions.length > 0) {
    return freePartitions(space, accelerators, candidates.connected).length > 0;
  }
  const { shelves } = candidates;
  const steps = effort();
  const visitSpreads = spreadsOf(shelves, {
    count: request.accelerators.count,
    most: shelves.map(({ members }) => members.length),
    twins: twinNodes(space, accelerators),
    effort: steps,
  });
  const pruning = {
    take: ignore,
    untake: ignore,
    pass: ignore,
    unpass: ignore,
    open: () => true,
    effort: steps,
  };
  let found = 0;
  const end = (): boolean => {
    found++;
    return false;
  };
  for (let cells = 1; cells <= Math.max(1, shelves.length); cells++) {
    visitSpreads(cells, (spread) => visitSets(candidates, spread, pruning, end));
    if (found > 0) return true;
  }
  return false;
}

const ignore = (): void => {};
