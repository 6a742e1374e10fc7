import { at, valueOf } from "../../unit/list.ts";
import { type Tally, count, countOf } from "../../unit/tally.ts";
import type { Device } from "../inventory/devices.ts";
import { freeAccelerators, freeNics, isWanted } from "../space/devices.ts";
import { freeUnits } from "../space/cores.ts";
import type { Closed, RequestOnHost } from "../space/isolation.ts";
import { freeGranules, granulesLeft } from "../space/memory.ts";
import type { Space } from "../space/space.ts";
import type { Rooms } from "./lacks.ts";

/**
 * What each node of a host has of each resource, counted by itself: free cores whether or not there
 * is memory beside them, memory whether or not there are cores, and both whatever isolation closes.
 * `Space` has what is left once all of this is taken together; a refusal must not say that a node
 * has no cores because it has no pages.
 */
export interface Stock {
  readonly space: Space;
  /** Free units and granules by node position; null where unknown, negative where overdrawn. */
  readonly units: Amounts;
  readonly granules: Amounts;
  /** The nodes that isolation closes as a whole, by position. */
  readonly isClosed: (position: number) => boolean;
  /** Free accelerators that the request wants, also those of unknown node, which are not sold. */
  readonly free: readonly Device[];
  /** The same by node id; null holds those of unknown node. */
  readonly wanted: ReadonlyMap<number | null, number>;
  /** Free accelerators of unknown model, which might be wanted. */
  readonly unnamed: readonly Device[];
  /** All accelerators, of any model and whoever has them. */
  readonly slots: ReadonlyMap<number | null, number>;
  /**
   * Free NICs that the request can use, and those that might do: whether they do RDMA is unknown.
   */
  readonly nics: ReadonlyMap<number | null, number>;
  readonly unknownNics: ReadonlyMap<number | null, number>;
}

/** One resource with nothing closed, and with some or all of what isolation closes. */
export interface Amounts {
  readonly open: Rooms;
  /** As the request finds it. */
  readonly closed: Rooms;
  /** Without what other VMs close, and without what is closed for an unknown cache. */
  readonly closedByVms: Rooms;
  readonly closedAsUnknown: Rooms;
}

/** Counts what a space is made of. */
export function stockOf(space: Space): Stock {
  const { request, inventory, closed } = space;
  const { groups } = inventory.cores;
  const { model } = request.accelerators;
  const isUnknown = (group: number): boolean =>
    request.isolation === "l3" && at(groups, group).unknownCache;
  const byVms: Closed = {
    node: closed.node,
    coreGroup: (group) =>
      closed.coreGroup(group) && (!isUnknown(group) || closed.node(at(groups, group).node)),
  };
  const amounts = (amount: (of: RequestOnHost, position: number) => number | null): Amounts => {
    const under = (some: Closed): Rooms =>
      inventory.nodeIds.map((_, position) => amount({ ...space, closed: some }, position));
    return {
      open: under({ node: () => false, coreGroup: () => false }),
      closed: under(closed),
      closedByVms: under(byVms),
      closedAsUnknown: under({ node: () => false, coreGroup: isUnknown }),
    };
  };
  const anyModel = freeAccelerators(space);
  const free = anyModel.filter((device) => isWanted(device, model));
  const nics = freeNics(space);
  return {
    space,
    units: amounts((of, position) =>
      knowsCores(space, position) ? freeUnits(of, position) : null,
    ),
    granules: amounts((of, position) =>
      of.closed.node(position) ? freeGranules(of, position) : granulesLeft(of, position),
    ),
    isClosed: closed.node,
    free,
    wanted: byNode(free),
    unnamed:
      model === null
        ? []
        : anyModel.filter((device) => device.model === null && !isWanted(device, model)),
    slots: byNode(inventory.devices.accelerators),
    nics: byNode(nics.filter(({ rdma }) => !request.nics.rdma || rdma === true)),
    unknownNics: byNode(nics.filter(({ rdma }) => request.nics.rdma && rdma === null)),
  };
}

/**
 * Whether it is known which cores a node has: nobody told where the machine has no cores at all.
 */
function knowsCores({ topology }: Space, position: number): boolean {
  if (topology.cores.length === 0) return false;
  const { id, cpus } = at(topology.nodes, position);
  const isUnplaced = topology.cores.some(({ node }) => node === null);
  if (cpus === null) return false;
  return cpus !== "" || !isUnplaced || topology.cores.some(({ node }) => node === id);
}

function byNode(
  devices: readonly { readonly node: number | null }[],
): ReadonlyMap<number | null, number> {
  const tally: Tally<number | null> = new Map();
  for (const { node } of devices) count(tally, node);
  return tally;
}

/** How many devices are on some nodes together. */
export function countOn(
  tally: ReadonlyMap<number | null, number>,
  nodes: readonly (number | null)[],
): number {
  return nodes.reduce((all: number, node) => all + countOf(tally, node), 0);
}

/** The rooms of some nodes, by their ids. */
export function roomsOn({ space }: Stock, rooms: Rooms, nodes: readonly number[]): Rooms {
  return nodes.map((id) => at(rooms, valueOf(space.inventory.nodePosition, id)));
}
