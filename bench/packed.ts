import type { Inventory } from "@evenkeel/core/placement/inventory/inventory.ts";
import type { Occupancy } from "@evenkeel/core/placement/occupancy/occupancy.ts";
import { GiB } from "@evenkeel/core/unit/bytes.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import { add, read, type Vector, vectorOf, write } from "@evenkeel/core/unit/vector.ts";
import type { NovaRequest } from "./peers/nova.ts";
import { firstPoolBytes } from "./first-pool.ts";

/**
 * A lower bound on the time of placement: hosts as packed numbers, one pass that compares and adds
 * them, and whole cores taken from a bitmap. It knows no distances, switches, caches, isolation or
 * loss.
 */
export interface PackedFleet {
  readonly hosts: number;
  readonly nodesPerHost: number;
  /** Four numbers a node: free cores, free GiB, free accelerators, free NICs. */
  readonly free: Vector;
  /** Which cores of each node are free, 32 a word. */
  readonly bitmap: Vector;
  readonly wordsPerNode: number;
  /** The cores that the last answer named. */
  readonly named: Int32Array;
}

/** All hosts have the same number of nodes. */
export function packedFleet(
  hosts: readonly { readonly inventory: Inventory; readonly occupancy: Occupancy }[],
): PackedFleet {
  const nodesPerHost = at(hosts, 0).inventory.nodeIds.length;
  const wordsPerNode = 4;
  const free = vectorOf(hosts.length * nodesPerHost * 4);
  const bitmap = vectorOf(hosts.length * nodesPerHost * wordsPerNode);
  for (const [host, { inventory, occupancy }] of hosts.entries()) {
    const { cores, memory, devices } = inventory;
    const { coreUsers, deviceHolders, promisedBytes } = occupancy;
    for (const [node, pools] of memory.pools.entries()) {
      const position = host * nodesPerHost + node;
      for (const [i, core] of at(cores.soldOfNode, node).entries()) {
        if (at(coreUsers, core.position) > 0) continue;
        add(bitmap, position * wordsPerNode + (i >> 5), 2 ** (i & 31));
        add(free, position * 4, 1);
      }
      const promised = at(promisedBytes, node * pools.length);
      const freeBytes = firstPoolBytes(inventory, node) - promised;
      write(free, position * 4 + 1, Math.floor(freeBytes / GiB));
      for (const device of at(devices.ofNode, node)) {
        if (at(deviceHolders, device.group) > 0) continue;
        add(free, position * 4 + (devices.accelerators[device.position] === device ? 2 : 3), 1);
      }
    }
  }
  const named = new Int32Array(1024);
  return { hosts: hosts.length, nodesPerHost, free, bitmap, wordsPerNode, named };
}

/** Best fit: the host on which least is left after the request's equal cells; -1 for none. */
export function packedDecision(fleet: PackedFleet, request: NovaRequest): number {
  const { hosts, nodesPerHost, free } = fleet;
  const cores = Math.ceil(request.vcpus / 2 / request.cells);
  const gib = Math.ceil(request.gib / request.cells);
  const gpus = Math.ceil(request.gpus / request.cells);
  const nics = Math.ceil(request.nics / request.cells);
  const fits = (start: number): boolean =>
    read(free, start) >= cores &&
    read(free, start + 1) >= gib &&
    read(free, start + 2) >= gpus &&
    read(free, start + 3) >= nics;
  let best = -1;
  let least = Infinity;
  for (let host = 0; host < hosts; host++) {
    let nodes = 0;
    let left = 0;
    for (let node = 0; node < nodesPerHost; node++) {
      const start = (host * nodesPerHost + node) * 4;
      if (fits(start)) nodes++;
      left += read(free, start) + read(free, start + 2) * 64;
    }
    if (nodes >= request.cells && left < least) {
      least = left;
      best = host;
    }
  }
  let cells = best < 0 ? 0 : request.cells;
  for (let node = 0; node < nodesPerHost && cells > 0; node++) {
    if (!fits((best * nodesPerHost + node) * 4)) continue;
    nameCores(fleet, best * nodesPerHost + node, cores);
    cells--;
  }
  return best;
}

function nameCores(
  { bitmap, wordsPerNode, named }: PackedFleet,
  position: number,
  cores: number,
): void {
  let taken = 0;
  for (let word = 0; word < wordsPerNode; word++) {
    let bits = read(bitmap, position * wordsPerNode + word) | 0;
    while (bits !== 0 && taken < cores) {
      const lowest = 31 - Math.clz32(bits & -bits);
      named[taken++] = word * 32 + lowest;
      bits &= bits - 1;
    }
  }
}
