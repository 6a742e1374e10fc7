import type { Request } from "../../request/request.ts";
import type { Topology } from "../../topology/topology.ts";
import { at, valueOf } from "../../unit/list.ts";
import type { HostState } from "../../plan/host-state.ts";
import type { PlacedDevice } from "../inventory/devices.ts";
import { type Inventory, inventoryOf } from "../inventory/inventory.ts";
import type { Occupancy } from "../occupancy/occupancy.ts";
import { occupancyOf } from "../occupancy/occupancy-of-host.ts";
import { freeUnits } from "./cores.ts";
import { freeDevices } from "./devices.ts";
import { closedTo, type RequestOnHost } from "./isolation.ts";
import { freeGranules, granuleOf } from "./memory.ts";
import { sumOf } from "../../unit/sum.ts";

/**
 * What one host still offers to one request, without the cores, pages and devices that are kept,
 * taken, or closed by an isolation. The search looks at nothing else.
 */
export interface Space extends RequestOnHost {
  readonly topology: Topology;
  /** What the request needs: whole cores (CPUs where cores are shared), and granules of memory. */
  readonly units: number;
  readonly granules: number;
  readonly granuleBytes: number;
  /** By ascending id. */
  readonly nodes: readonly NodeSpace[];
  /** The free ones of known node that the request can use, by ascending address. */
  readonly accelerators: readonly PlacedDevice[];
  readonly nics: readonly PlacedDevice[];
}

export interface NodeSpace {
  readonly id: number;
  /** Free whole cores, or unpromised CPUs where the request shares cores. */
  readonly units: number;
  /** Free granules of memory; null where the node's memory is unknown. */
  readonly granules: number | null;
}

/**
 * The space of a host with an occupancy.
 *
 * @param coreClass the position of a class, to offer its cores alone.
 */
export function spaceFor(
  inventory: Inventory,
  occupancy: Occupancy,
  request: Request,
  coreClass: number | null = null,
): Space {
  const { threadsPerCore } = inventory.cores;
  const granuleBytes = granuleOf(request);
  const space = {
    request,
    inventory,
    occupancy,
    coreClass,
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

/** Whether layouts in a space may have cores of several classes. */
export function mixesClasses({ inventory, coreClass }: Space): boolean {
  return coreClass === null && inventory.cores.classes.length > 1;
}

/** The space of a host that is given by its documents. */
export function spaceOn(host: HostState, request: Request): Space {
  const inventory = inventoryOf(host.topology, host.policy);
  return spaceFor(inventory, occupancyOf(inventory, host), request);
}

/** A node's space, by its id. */
export function nodeOf({ nodes, inventory }: Space, id: number): NodeSpace {
  return at(nodes, valueOf(inventory.nodePosition, id));
}

/** The granules that a node can give; unknown memory gives none. */
export function knownGranules({ granules }: NodeSpace): number {
  return granules === null ? 0 : granules;
}

/** Whether all nodes together have enough cores and memory. */
export function hasEnough({ nodes, units, granules }: Space): boolean {
  return sumOf(nodes, (node) => node.units) >= units && sumOf(nodes, knownGranules) >= granules;
}
