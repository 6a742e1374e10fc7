import type { Request } from "../../request/request.ts";
import type { Topology } from "../../topology/topology.ts";
import { MiB } from "../../unit/bytes.ts";
import { poolPosition } from "../inventory/memory.ts";
import type { Space } from "./space.ts";

/**
 * What memory is sold in. Base pages are sold by 2 MiB, so that a guest's memory can be backed by
 * transparent huge pages and satisfies QEMU's alignment on every architecture.
 */
export function granuleOf(request: Request): number {
  return request.hugepageBytes ?? 2 * MiB;
}

/**
 * The size of the pages that back the memory. Where the base page is unknown it is taken for the
 * largest that exists, 64 KiB, of which every other is a divisor; on x86-64 it is always 4 KiB.
 */
export function pageBytesOf(request: Request, { machine }: Topology): number {
  const base = machine.pageBytes ?? (machine.architecture === "x86_64" ? 4096 : 65_536);
  return request.hugepageBytes ?? base;
}

/**
 * How many granules a node, by position, can still sell; null where its memory is unknown.
 *
 * A running VM's huge pages are gone from what is free, a planned one's are not yet, so both limits
 * are kept: what is free, and the whole less what the plans were promised.
 */
export function freeGranules(space: Omit<Space, "nodes">, node: number): number | null {
  const { inventory, occupancy, closed, request } = space;
  if (closed.node(node)) return 0;
  const { memory } = inventory;
  const at = poolPosition(memory, request.hugepageBytes);
  if (at < 0) return 0;
  const pool = memory.pools[node]?.[at];
  if (pool === undefined || pool.bytes === null) return null;
  const pools = memory.hugepageSizes.length + 1;
  const unpromised = pool.bytes - (occupancy.promisedBytes[node * pools + at] ?? 0);
  const free = Math.min(pool.freeBytes ?? unpromised, unpromised);
  return Math.max(0, Math.floor(free / granuleOf(request)));
}
