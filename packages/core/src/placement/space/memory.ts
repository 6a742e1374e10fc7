import type { Request } from "../../request/request.ts";
import type { Topology } from "../../topology/topology.ts";
import { MiB } from "../../unit/bytes.ts";
import { at } from "../../unit/list.ts";
import { read } from "../../unit/vector.ts";
import { poolPosition } from "../inventory/memory.ts";
import type { RequestOnHost } from "./request-on-host.ts";

/**
 * Base pages are sold by this, so that a guest's memory can be backed by transparent huge pages and
 * satisfies QEMU's alignment on every architecture.
 */
const basePagesBytes = 2 * MiB;

/** What memory is sold in. */
export function granuleOf(request: Request): number {
  return request.hugepageBytes ?? basePagesBytes;
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
export function freeGranules(space: RequestOnHost, node: number): number | null {
  const { inventory, occupancy, closed, request } = space;
  if (closed.node(node)) return 0;
  const { memory } = inventory;
  const position = poolPosition(memory, request.hugepageBytes);
  if (position < 0) return 0;
  const pools = at(memory.pools, node);
  const { bytes, freeBytes } = at(pools, position);
  if (bytes === null) return null;
  const unpromised = bytes - read(occupancy.promisedBytes, node * pools.length + position);
  const free = freeBytes === null ? unpromised : Math.min(freeBytes, unpromised);
  return Math.max(0, Math.floor(free / granuleOf(request)));
}
