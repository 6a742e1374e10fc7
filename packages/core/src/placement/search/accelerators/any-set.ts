import type { Space } from "../../space/space.ts";
import { candidatesOf, togetherAsAsked } from "./with-accelerators.ts";
import { effort } from "../rank/effort.ts";
import { previousNodeWithDevices } from "../candidates/device-orbits.ts";
import { freePartitions } from "../candidates/partitions.ts";
import { hasSetOn } from "./sets-of-distribution.ts";
import { distributionsOf } from "./distributions.ts";

/**
 * Whether some set of free accelerators is connected as the request asks. Cores and memory on their
 * nodes do not count.
 */
export function hasConnectedSet(space: Space): boolean {
  const { accelerators, topology, request } = space;
  const candidates = candidatesOf(space, accelerators);
  if (topology.partitions.length > 0) {
    return freePartitions(space, accelerators, candidates.connected).length > 0;
  }
  const { byNode } = candidates;
  const budget = effort();
  const visitDistributions = distributionsOf(byNode, {
    count: request.accelerators.count,
    most: byNode.map(({ members }) => members.length),
    previousNode: previousNodeWithDevices(space, accelerators),
    together: togetherAsAsked(space, candidates),
    effort: budget,
  });
  for (let cells = 1; cells <= Math.max(1, byNode.length); cells++) {
    let isFound = false;
    visitDistributions(cells, (distribution) => {
      isFound = hasSetOn(candidates, distribution, budget);
      return !isFound;
    });
    if (isFound) return true;
  }
  return false;
}
