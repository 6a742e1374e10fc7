import type { Inventory } from "@evenkeel/core/placement/inventory/inventory.ts";
import type { Occupancy } from "@evenkeel/core/placement/occupancy/occupancy.ts";
import { GiB } from "@evenkeel/core/unit/bytes.ts";
import type { NovaRequest } from "./peers/nova.ts";

/**
 * What placement cannot be faster than: hosts as packed numbers, one pass over them that compares
 * and adds what must be compared and added, and whole cores taken from a bitmap. It knows nothing
 * of distances, switches, caches, isolation or who comes next.
 */
export interface PackedFleet {
  readonly hosts: number;
  readonly nodesPerHost: number;
  /** Four numbers a node: free cores, free GiB, free accelerators, free NICs. */
  readonly free: Int32Array;
  /** Which cores of each node are free, 32 a word. */
  readonly bitmap: Uint32Array;
  readonly wordsPerNode: number;
  /** The cores that the last answer named. */
  readonly named: Int32Array;
}

/** All hosts have the same number of nodes. */
export function packedFleet(
  hosts: readonly { readonly inventory: Inventory; readonly occupancy: Occupancy }[],
): PackedFleet {
  const nodesPerHost = hosts[0]?.inventory.nodeIds.length ?? 0;
  const wordsPerNode = 4;
  const free = new Int32Array(hosts.length * nodesPerHost * 4);
  const bitmap = new Uint32Array(hosts.length * nodesPerHost * wordsPerNode);
  for (const [host, { inventory, occupancy }] of hosts.entries()) {
    const { cores, memory, devices } = inventory;
    for (let node = 0; node < nodesPerHost; node++) {
      const at = host * nodesPerHost + node;
      for (const [i, core] of (cores.soldOfNode[node] ?? []).entries()) {
        if ((occupancy.coreUsers[core.position] ?? 0) > 0) continue;
        const word = at * wordsPerNode + (i >> 5);
        bitmap[word] = (bitmap[word] ?? 0) | (1 << (i & 31));
        free[at * 4] = (free[at * 4] ?? 0) + 1;
      }
      const pools = memory.pools[node] ?? [];
      const promised = occupancy.promisedBytes[node * pools.length] ?? 0;
      free[at * 4 + 1] = ((pools[0]?.bytes ?? 0) - promised) / GiB;
      for (const device of devices.ofNode[node] ?? []) {
        if ((occupancy.deviceHolders[device.group] ?? 0) > 0) continue;
        const kind = at * 4 + (devices.accelerators[device.position] === device ? 2 : 3);
        free[kind] = (free[kind] ?? 0) + 1;
      }
    }
  }
  const named = new Int32Array(1024);
  return { hosts: hosts.length, nodesPerHost, free, bitmap, wordsPerNode, named };
}

/** The host on which least is left after so many equal cells, with cores named; -1 for none. */
export function packedDecision(fleet: PackedFleet, request: NovaRequest): number {
  const { hosts, nodesPerHost, free } = fleet;
  const cores = Math.ceil(request.vcpus / 2 / request.cells);
  const gib = Math.ceil(request.gib / request.cells);
  const gpus = Math.ceil(request.gpus / request.cells);
  const nics = Math.ceil(request.nics / request.cells);
  const fits = (at: number): boolean =>
    (free[at] ?? 0) >= cores &&
    (free[at + 1] ?? 0) >= gib &&
    (free[at + 2] ?? 0) >= gpus &&
    (free[at + 3] ?? 0) >= nics;
  let best = -1;
  let least = Infinity;
  for (let host = 0; host < hosts; host++) {
    let nodes = 0;
    let left = 0;
    for (let node = 0; node < nodesPerHost; node++) {
      const at = (host * nodesPerHost + node) * 4;
      if (fits(at)) nodes++;
      left += (free[at] ?? 0) + (free[at + 2] ?? 0) * 64;
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

function nameCores({ bitmap, wordsPerNode, named }: PackedFleet, at: number, cores: number): void {
  let taken = 0;
  for (let word = 0; word < wordsPerNode; word++) {
    let bits = bitmap[at * wordsPerNode + word] ?? 0;
    while (bits !== 0 && taken < cores) {
      const lowest = 31 - Math.clz32(bits & -bits);
      named[taken++] = word * 32 + lowest;
      bits &= bits - 1;
    }
  }
}
