import type { Request } from "../../request/request.ts";
import type { Topology } from "../../topology/topology.ts";
import { governedTopology, type HostState } from "../host-state.ts";
import { type CoreSpace, coreSpaces, usualWidth } from "./cores.ts";
import { type FreeDevice, freeDevices } from "./devices.ts";
import { closedTo } from "./isolation.ts";
import { freeGranules, granuleOf } from "./memory.ts";

/**
 * What one host still offers to one request: the search looks at nothing else. Cores, pages and
 * devices that are kept, taken, or closed by an isolation are left out.
 */
export interface Space {
  readonly request: Request;
  readonly topology: Topology;
  /** The threads of a core as it is sold. */
  readonly threadsPerCore: number;
  /** What is needed in all: whole cores (CPUs where cores are shared), and granules of memory. */
  readonly units: number;
  readonly granules: number;
  readonly granuleBytes: number;
  /** By ascending id. */
  readonly nodes: readonly NodeSpace[];
  /** By ascending address. */
  readonly accelerators: readonly FreeDevice[];
  readonly nics: readonly FreeDevice[];
}

export interface NodeSpace extends CoreSpace {
  readonly id: number;
  /** Free granules of memory; null where the node's memory is unknown. */
  readonly granules: number | null;
}

/** Works out what a host offers to a request. */
export function spaceFor(host: HostState, request: Request): Space {
  const topology = governedTopology(host);
  const { taken, policy } = host;
  const closed = closedTo(request, topology, taken);
  const cores = coreSpaces(topology, taken, policy, request, closed);
  const granules = freeGranules(topology, taken, policy, request, closed);
  const nodes = topology.nodes.flatMap(({ id }): NodeSpace[] => {
    const core = cores.get(id);
    return core === undefined ? [] : [{ id, granules: granules.get(id) ?? null, ...core }];
  });
  const threadsPerCore = usualWidth(topology);
  const granuleBytes = granuleOf(request);
  return {
    request,
    topology,
    threadsPerCore,
    units:
      request.isolation === "shared" ? request.vcpus : Math.ceil(request.vcpus / threadsPerCore),
    granules: Math.ceil(request.memoryBytes / granuleBytes),
    granuleBytes,
    nodes,
    ...freeDevices(topology, taken, request),
  };
}
