import { at } from "../../../unit/list.ts";
import type { Device } from "../../inventory/devices.ts";
import type { Space } from "../../space/space.ts";
import { previousInOrbit, previousNodeWithDevices } from "../candidates/device-orbits.ts";
import { freePartitions } from "../candidates/partitions.ts";
import { rankDistribution } from "./rank-sets.ts";
import type { SearchContext } from "../supply/search-context.ts";
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
 * Ranks the ways to place a request beside accelerators.
 *
 * The cells are the accelerators' nodes, so sets on one node are tried before any on two, and so
 * on: once the best and the next best are known, more cells cannot matter. For each number of cells
 * come the distributions, so many accelerators on each node, and for those that their nodes can hold the
 * sets that lie so. Of what is interchangeable one is tried (`device-orbits.ts`), which leaves few sets on
 * machines that exist; a search of many ends with its effort.
 */
export function rankWithAccelerators(context: SearchContext): void {
  const { space, policy, ranked, effort } = context;
  const { request, topology } = space;
  if (space.nics.length < request.nics.count) return;
  const devices = withEnoughLinks(
    space,
    space.accelerators.filter(({ node }) => node !== null || !policy.devicesOnCellNodes),
  );
  const candidates = candidatesOf(space, devices);
  const { byNode } = candidates;
  const search = { ...context, devices, candidates };
  const optionsOf = distributionOptions(space, byNode, policy);
  const isPartitioned = topology.partitions.length > 0;
  const partitions = isPartitioned ? freePartitions(space, devices, candidates.connected) : [];
  const visitDistributions = distributionsOf(byNode, {
    count: request.accelerators.count,
    most: mostPerNode(space, byNode, policy),
    previousNode: previousNodeWithDevices(space, devices),
    together: togetherAsAsked(space, candidates),
    effort,
  });
  const nodes = byNode.filter(({ node }) => node !== null).length;
  for (let cells = 1; cells <= Math.max(1, nodes) && !ranked.isComplete(); cells++) {
    if (!policy.isPossible(cells)) continue;
    for (const partition of partitions) {
      const { set } = partition;
      const distribution = byNode.map(
        ({ members }) => set.filter((i) => members.includes(i)).length,
      );
      for (const option of optionsOf(distribution)) {
        if (option.cellNodes.length === cells) rankDistribution(search, option, partition);
      }
    }
    if (isPartitioned) continue;
    visitDistributions(cells, (distribution) => {
      effort.spend(workPerCell * cells);
      return (
        effort.sufficed() &&
        optionsOf(distribution).every((one) => rankDistribution(search, one, null))
      );
    });
  }
}

/** In units of effort, for each cell of a distribution. */
const workPerCell = 20;

/**
 * Those of the accelerators that are connected as asked with enough others of them to make a set:
 * one that is not can be in none, and without it others may not be either.
 */
function withEnoughLinks(space: Space, devices: readonly Device[]): readonly Device[] {
  const { link, count } = space.request.accelerators;
  if (link === "any") return devices;
  const links = space.inventory.relations.connected(link);
  const left = devices.filter((a) => {
    const others = devices.filter((b) => a !== b && at(at(links, a.position), b.position));
    return others.length >= count - 1;
  });
  return left.length === devices.length ? left : withEnoughLinks(space, left);
}

/** The accelerators on offer, as sets are made of them. */
export function candidatesOf(space: Space, devices: readonly Device[]): Candidates {
  const byNode = candidatesByNode(devices);
  const connected = connectedAsAsked(space, devices);
  const isAny = space.request.accelerators.link === "any";
  return {
    byNode,
    entryOf: nodeOfEachCandidate(byNode, devices.length),
    previous: previousInOrbit(space, devices),
    connected,
    unconnected: isAny ? devices.map(() => []) : unconnectedOf(devices.length, connected),
  };
}

/** Which two nodes a set that is connected as asked may lie on; null where all may. */
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
