import type { Request } from "../../request/request.ts";
import type { Topology } from "../../topology/topology.ts";
import { at, valueOf } from "../../unit/list.ts";
import type { HostState } from "../../plan/host-state.ts";
import type { Device } from "../inventory/devices.ts";
import { type Inventory, inventoryOf } from "../inventory/inventory.ts";
import type { Occupancy } from "../occupancy/occupancy.ts";
import { occupancyOf } from "../occupancy/plan-use.ts";
import { freeUnits } from "./cores.ts";
import { freeDevices } from "./devices.ts";
import { closedTo } from "./isolation.ts";
import { freeGranules, granuleOf } from "./memory.ts";
import type { RequestOnHost } from "./request-on-host.ts";

/**
 * What one host still offers to one request: the search looks at nothing else. Cores, pages and
 * devices that are kept, taken, or closed by an isolation are left out.
 */
export interface Space extends RequestOnHost {
  /** The inventory's. */
  readonly topology: Topology;
  /** What is needed in all: whole cores (CPUs where cores are shared), and granules of memory. */
  readonly units: number;
  readonly granules: number;
  readonly granuleBytes: number;
  /** By ascending id. */
  readonly nodes: readonly NodeSpace[];
  /** By ascending address. */
  readonly accelerators: readonly Device[];
  readonly nics: readonly Device[];
}

export interface NodeSpace {
  readonly id: number;
  /** How much can be had: whole cores, or unpromised CPUs where the request shares cores. */
  readonly units: number;
  /** Free granules of memory; null where the node's memory is unknown. */
  readonly granules: number | null;
}

/** What a host offers to a request, given who is on it. */
export function spaceFor(inventory: Inventory, occupancy: Occupancy, request: Request): Space {
  const { threadsPerCore } = inventory.cores;
  const granuleBytes = granuleOf(request);
  const space = {
    request,
    inventory,
    occupancy,
    closed: closedTo(request, inventory, occupancy),
    topology: inventory.topology,
    units:
      request.isolation === "shared" ? request.vcpus : Math.ceil(request.vcpus / threadsPerCore),
    granules: Math.ceil(request.memoryBytes / granuleBytes),
    granuleBytes,
    ...freeDevices(inventory, occupancy, request),
  };
  const nodes = inventory.nodeIds.map((id, position): NodeSpace => ({
    id,
    units: Math.max(0, freeUnits(space, position)),
    granules: freeGranules(space, position),
  }));
  return { ...space, nodes };
}

/** The same of a host that is given by its documents. */
export function spaceOn({ topology, policy, taken }: HostState, request: Request): Space {
  const inventory = inventoryOf(topology, policy);
  return spaceFor(inventory, occupancyOf(inventory, taken), request);
}

/** What a node has, by its id. */
export function nodeOf({ nodes, inventory }: Space, id: number): NodeSpace {
  return at(nodes, valueOf(inventory.nodePosition, id));
}

/** How many granules a node can be asked for: none of memory of which nobody knows. */
export function knownGranules({ granules }: NodeSpace): number {
  return granules === null ? 0 : granules;
}

/** Whether the host has enough cores and memory in all, wherever they lie. */
export function hasEnough({ nodes, units, granules }: Space): boolean {
  const sum = (amount: (node: NodeSpace) => number): number =>
    nodes.reduce((all, node) => all + amount(node), 0);
  return sum((node) => node.units) >= units && sum(knownGranules) >= granules;
}
