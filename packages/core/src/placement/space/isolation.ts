import type { Request } from "../../request/request.ts";
import { read } from "../../unit/vector.ts";
import type { Inventory } from "../inventory/inventory.ts";
import type { Occupancy } from "../occupancy/occupancy.ts";

/** The nodes and cores that isolation closes to a request, by positions. */
export interface Closed {
  readonly node: (node: number) => boolean;
  /** Whether a group of cores is closed; the groups of closed nodes are. */
  readonly coreGroup: (group: number) => boolean;
}

/**
 * Finds what isolation closes to a request. It works both ways: a request that wants a cache, a
 * node or the host for itself cannot go where another VM is, and no request can go where a VM has
 * one for itself. A core of unknown cache may share one, so `l3` does not take it.
 */
export function closedTo(request: Request, inventory: Inventory, occupancy: Occupancy): Closed {
  const wanted = request.isolation;
  const { vms, hostOwners, nodeUsers, nodeOwners, cacheUsers, cacheOwners } = occupancy;
  const everything = wanted === "host" ? vms > 0 : hostOwners > 0;
  const nodes = wanted === "node" ? nodeUsers : nodeOwners;
  const caches = wanted === "l3" ? cacheUsers : cacheOwners;
  const isNodeClosed = (node: number): boolean => everything || read(nodes, node) > 0;
  const groups = new Set<number>();
  for (const [position, { node, cache, unknownCache }] of inventory.cores.groups.entries()) {
    const isTaken = read(caches, cache) > 0 || (wanted === "l3" && unknownCache);
    if (isTaken || isNodeClosed(node)) groups.add(position);
  }
  return { node: isNodeClosed, coreGroup: (position) => groups.has(position) };
}

/** A request and a host with its VMs: everything that free amounts are computed from. */
export interface RequestOnHost {
  readonly request: Request;
  readonly inventory: Inventory;
  readonly occupancy: Occupancy;
  readonly closed: Closed;
  /** The position of the only class whose cores count; null where all do. */
  readonly coreClass: number | null;
}
