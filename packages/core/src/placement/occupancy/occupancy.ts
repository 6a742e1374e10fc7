import type { Isolation } from "../../request/virtual-machine.ts";
import { equals, type IndexSet } from "../../set/index-set.ts";
import { invariant } from "../../invariant.ts";
import { at } from "../../unit/list.ts";
import { add, read, write } from "../../unit/vector.ts";
import type { Inventory } from "../inventory/inventory.ts";

/**
 * The state of a host: who holds what, in numbers by the inventory's positions. It never changes: a
 * VM that comes or goes makes a new one, of a few hundred bytes. So any number of hosts can share
 * one, and a search can look ahead without taking anything back.
 */
export interface Occupancy {
  readonly vms: number;
  /** VMs that have the host to themselves: at most one, unless the host is overcommitted. */
  readonly hostOwners: number;
  /** For each core, how many VMs have a CPU of it. */
  readonly coreUsers: Uint16Array;
  /** For each group of cores, how many sold cores are free. */
  readonly freeCores: Uint16Array;
  /** For each last-level cache, and for each node: the VMs that use it, and that have it alone. */
  readonly cacheUsers: Uint16Array;
  readonly cacheOwners: Uint16Array;
  readonly nodeUsers: Uint16Array;
  readonly nodeOwners: Uint16Array;
  /** Bytes promised, by node and page size (`memory.pools`). */
  readonly promisedBytes: Float64Array;
  /** For each group of devices, how many VMs hold one of it. */
  readonly deviceHolders: Uint16Array;
  /** Floating vCPUs: one entry for each VM and set of CPUs. */
  readonly floating: readonly Floating[];
}

/** vCPUs of a VM that float over the same CPUs. */
export interface Floating {
  readonly cpus: IndexSet;
  readonly vcpus: number;
}

/** What one VM takes of a host, by positions, each once. */
export interface Use {
  readonly isolation: Isolation;
  readonly cores: readonly number[];
  readonly nodes: readonly number[];
  readonly memory: readonly UsedMemory[];
  readonly deviceGroups: readonly number[];
  readonly floating: readonly Floating[];
  /**
   * Cores that it holds no CPU of and may run on nevertheless: others use them, but nobody has
   * their caches alone.
   */
  readonly visited?: readonly number[];
}

/** Memory of one page size on one node. */
export interface UsedMemory {
  readonly node: number;
  readonly pool: number;
  readonly bytes: number;
}

/** The occupancy of an empty host. */
export function emptyOccupancy({ cores, memory, devices, nodeIds }: Inventory): Occupancy {
  const pools = memory.hugepageSizes.length + 1;
  return {
    vms: 0,
    hostOwners: 0,
    coreUsers: new Uint16Array(cores.all.length),
    freeCores: Uint16Array.from(cores.groups, (group) => group.cores.length),
    cacheUsers: new Uint16Array(cores.caches),
    cacheOwners: new Uint16Array(cores.caches),
    nodeUsers: new Uint16Array(nodeIds.length),
    nodeOwners: new Uint16Array(nodeIds.length),
    promisedBytes: new Float64Array(nodeIds.length * pools),
    deviceHolders: new Uint16Array(devices.groups),
    floating: [],
  };
}

/** The occupancy after a VM has arrived. */
export function occupied(inventory: Inventory, before: Occupancy, use: Use): Occupancy {
  return changed(inventory, before, use, 1);
}

/** The occupancy after a VM has left. */
export function vacated(inventory: Inventory, before: Occupancy, use: Use): Occupancy {
  return changed(inventory, before, use, -1);
}

function changed({ cores, memory }: Inventory, before: Occupancy, use: Use, by: 1 | -1): Occupancy {
  const pools = memory.hugepageSizes.length + 1;
  // Arrays that the VM does not touch are shared with the occupancy before.
  const ownsCaches = use.isolation === "l3" && use.cores.length > 0;
  const ownsNodes = use.isolation === "node" && use.nodes.length > 0;
  const holds = use.deviceGroups.length > 0;
  const after = {
    vms: before.vms + by,
    hostOwners: before.hostOwners + (use.isolation === "host" ? by : 0),
    coreUsers: before.coreUsers.slice(),
    freeCores: before.freeCores.slice(),
    cacheUsers: before.cacheUsers.slice(),
    cacheOwners: ownsCaches ? before.cacheOwners.slice() : before.cacheOwners,
    nodeUsers: before.nodeUsers.slice(),
    nodeOwners: ownsNodes ? before.nodeOwners.slice() : before.nodeOwners,
    promisedBytes: before.promisedBytes.slice(),
    deviceHolders: holds ? before.deviceHolders.slice() : before.deviceHolders,
    floating:
      by > 0 ? [...before.floating, ...use.floating] : without(before.floating, use.floating),
  };
  const caches = new Set<number>();
  for (const position of use.cores) {
    const { sold, group } = at(cores.all, position);
    const users = read(after.coreUsers, position) + by;
    write(after.coreUsers, position, users);
    const wasFree = by > 0 ? users === 1 : users === 0;
    if (sold && wasFree) add(after.freeCores, group, -by);
    caches.add(at(cores.groups, group).cache);
  }
  for (const position of use.visited ?? []) {
    caches.add(at(cores.groups, at(cores.all, position).group).cache);
  }
  for (const cache of caches) {
    add(after.cacheUsers, cache, by);
    if (use.isolation === "l3") add(after.cacheOwners, cache, by);
  }
  for (const node of use.nodes) {
    add(after.nodeUsers, node, by);
    if (use.isolation === "node") add(after.nodeOwners, node, by);
  }
  for (const { node, pool, bytes } of use.memory) {
    add(after.promisedBytes, node * pools + pool, by * bytes);
  }
  for (const group of use.deviceGroups) add(after.deviceHolders, group, by);
  return after;
}

/** Compares entries by value: interned occupancies may hold another VM's equal entry. */
function without(all: readonly Floating[], gone: readonly Floating[]): readonly Floating[] {
  const left = [...all];
  for (const one of gone) {
    const position = left.findIndex((other) => isSameFloating(one, other));
    invariant(position >= 0, "the floating vCPUs of a VM that leaves are on the host");
    left.splice(position, 1);
  }
  return left;
}

/** Whether two entries have as many vCPUs over the same CPUs. */
export function isSameFloating(a: Floating, b: Floating): boolean {
  return a.vcpus === b.vcpus && equals(a.cpus, b.cpus);
}
