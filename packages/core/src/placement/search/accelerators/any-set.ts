import type { Space } from "../../space/space.ts";
import { candidatesOf, togetherAsAsked } from "./beside-accelerators.ts";
import { effort } from "../rank/effort.ts";
import { twinNodes } from "../candidates/kinds.ts";
import { freePartitions } from "../candidates/partitions.ts";
import { hasSetOn } from "./sets-on-spread.ts";
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
    together: togetherAsAsked(space, candidates),
    effort: steps,
  });
  for (let cells = 1; cells <= Math.max(1, shelves.length); cells++) {
    let isFound = false;
    visitSpreads(cells, (spread) => {
      isFound = hasSetOn(candidates, spread, steps);
      return !isFound;
    });
    if (isFound) return true;
  }
  return false;
}
