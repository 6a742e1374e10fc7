import { at } from "../../../unit/list.ts";
import type { Device, PlacedDevice } from "../../inventory/devices.ts";
import type { Space } from "../../space/space.ts";
import { previousInOrbit, previousNodeWithDevices } from "../candidates/device-orbits.ts";
import { freePartitions } from "../candidates/partitions.ts";
import { rankDistribution } from "./rank-sets.ts";
import type { SearchContext } from "../supply/supplies.ts";
import { type Candidates, unconnectedOf } from "./sets-of-distribution.ts";
import {
  type ConnectedNodes,
  connectedNodes,
  nodeOfEachCandidate,
  candidatesByNode,
} from "../candidates/node-candidates.ts";
import { mostPerNode, distributionOptions } from "./distribution-option.ts";
import { distributionsOf } from "./distributions.ts";

/**
 * Ranks the layouts of a request with accelerators, by branch and bound.
 *
 * The cells are the accelerators' nodes, so sets on one node are tried before sets on two, and so
 * on: once the best and the next best are found, more cells cannot matter. Each number of cells has
 * its distributions, and each distribution that its nodes can hold has its sets. One set of each
 * orbit is tried (`device-orbits.ts`), which leaves few on real machines; elsewhere the search may
 * end at its limit of effort.
 */
export function rankWithAccelerators(context: SearchContext): void {
  const { space, policy, ranked, effort } = context;
  const { request, topology } = space;
  if (space.nics.length < request.nics.count) return;
  const devices = withEnoughLinks(space, space.accelerators);
  const candidates = candidatesOf(space, devices);
  const { byNode } = candidates;
  const search = { ...context, devices, candidates };
  const optionOf = distributionOptions(space, byNode, policy);
  const isPartitioned = topology.partitions.length > 0;
  const partitions = isPartitioned ? freePartitions(space, devices, candidates.connected) : [];
  const visitDistributions = distributionsOf(byNode, {
    count: request.accelerators.count,
    most: mostPerNode(space, byNode, policy),
    previousNode: previousNodeWithDevices(space, devices),
    together: togetherAsAsked(space, candidates),
    effort,
  });
  for (let cells = 1; cells <= byNode.length && !ranked.isComplete(); cells++) {
    if (!policy.isPossible(cells)) continue;
    for (const partition of partitions) {
      const { set } = partition;
      const distribution = byNode.map(
        ({ members }) => set.filter((i) => members.includes(i)).length,
      );
      const option = optionOf(distribution);
      if (option?.cellNodes.length === cells) rankDistribution(search, option, partition);
    }
    if (isPartitioned) continue;
    visitDistributions(cells, (distribution) => {
      effort.spend(workPerCell * cells);
      const option = optionOf(distribution);
      return effort.sufficed() && (option === null || rankDistribution(search, option, null));
    });
  }
}

/** In units of effort, for each cell of a distribution. */
const workPerCell = 20;

/**
 * The accelerators that are connected as asked with enough others to make a set. One that is not
 * can be in no set; without it others may have too few, so the rest is filtered again.
 */
function withEnoughLinks(space: Space, devices: readonly PlacedDevice[]): readonly PlacedDevice[] {
  const { link, count } = space.request.accelerators;
  if (link === "any") return devices;
  const links = space.inventory.relations.connected(link);
  const left = devices.filter((a) => {
    const others = devices.filter((b) => a !== b && at(at(links, a.position), b.position));
    return others.length >= count - 1;
  });
  return left.length === devices.length ? left : withEnoughLinks(space, left);
}

/** The free accelerators, as sets are made of them. */
export function candidatesOf<Node extends number | null>(
  space: Space,
  devices: readonly (Device & { readonly node: Node })[],
): Candidates<Node> {
  const byNode = candidatesByNode(devices);
  const connected = connectedAsAsked(space, devices);
  const isAny = space.request.accelerators.link === "any";
  return {
    byNode,
    nodeIndexOf: nodeOfEachCandidate(byNode, devices.length),
    previous: previousInOrbit(space, devices),
    connected,
    unconnected: isAny ? devices.map(() => []) : unconnectedOf(devices.length, connected),
  };
}

/** Whether a set that is connected as asked may lie on two nodes; null where all may. */
export function togetherAsAsked(
  { request }: Space,
  { byNode, connected }: Candidates,
): ConnectedNodes | null {
  return request.accelerators.link === "any" ? null : connectedNodes(byNode, connected);
}

function connectedAsAsked(space: Space, devices: readonly Device[]): Candidates["connected"] {
  const { link } = space.request.accelerators;
  if (link === "any") return () => true;
  const links = space.inventory.relations.connected(link);
  return (a, b) => at(at(links, at(devices, a).position), at(devices, b).position);
}
