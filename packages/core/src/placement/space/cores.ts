import {
  emptySet,
  type IndexSet,
  intersection,
  isEmpty,
  size,
  union,
} from "../../set/index-set.ts";
import { at } from "../../unit/list.ts";
import { read } from "../../unit/vector.ts";
import { cpusOfClass, type SoldCore } from "../inventory/cores.ts";
import type { RequestOnHost } from "./isolation.ts";

/** The whole cores of a node that are free for the request, by ascending id. */
export function freeCores(space: RequestOnHost, node: number): readonly SoldCore[] {
  const { inventory, occupancy, closed } = space;
  const free: SoldCore[] = [];
  for (const core of at(inventory.cores.soldOfNode, node)) {
    const isHeld = read(occupancy.coreUsers, core.position) > 0;
    if (!isHeld && isOfClass(space, core) && !closed.coreGroup(core.group)) free.push(core);
  }
  return free;
}

/** The CPUs over which VMs with shared cores float on a node, and how many vCPUs they have. */
export interface Pool {
  readonly cpus: IndexSet;
  readonly vcpus: number;
}

/**
 * A node's shared pool, of one class or of all. It stays open up to one vCPU a CPU: a new VM floats
 * over the whole of it, grown by whole free cores as needed. Only a request that shares cores sees
 * one.
 */
export function sharedPool(space: RequestOnHost, node: number): Pool {
  const { inventory, occupancy, closed, request, coreClass } = space;
  if (request.isolation !== "shared" || closed.node(node)) return { cpus: emptySet, vcpus: 0 };
  const onNode = at(inventory.cores.cpusOfNode, node);
  const ofAll = coreClass === null || inventory.cores.classes.length < 2;
  const nodeCpus = ofAll ? onNode : intersection(onNode, cpusOfClass(inventory.cores, coreClass));
  let cpus = emptySet;
  let vcpus = 0;
  for (const floating of occupancy.floating) {
    const here = intersection(floating.cpus, nodeCpus);
    if (isEmpty(here)) continue;
    cpus = union(cpus, here);
    vcpus += floating.vcpus;
  }
  return { cpus, vcpus };
}

/** Whether cores are of the class that a space offers alone. */
function isOfClass({ coreClass }: RequestOnHost, cores: { readonly coreClass: number }): boolean {
  return coreClass === null || cores.coreClass === coreClass;
}

/** The number of whole cores of a group that are free for the request. */
export function freeInGroup(space: RequestOnHost, group: number): number {
  const { inventory, occupancy, closed } = space;
  if (closed.coreGroup(group) || !isOfClass(space, at(inventory.cores.groups, group))) return 0;
  return read(occupancy.freeCores, group);
}

/** The free units of a node: whole cores, or unpromised CPUs where the request shares cores. */
export function freeUnits(space: RequestOnHost, node: number): number {
  const { inventory, request } = space;
  let free = 0;
  for (const group of at(inventory.cores.groupsOfNode, node)) {
    free += freeInGroup(space, group);
  }
  if (request.isolation !== "shared") return free;
  const pool = sharedPool(space, node);
  return size(pool.cpus) - pool.vcpus + free * inventory.cores.threadsPerCore;
}
