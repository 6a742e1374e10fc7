import type { Request } from "../../request/request.ts";
import type { Topology } from "../../topology/topology.ts";
import { MiB } from "../../unit/bytes.ts";
import { at } from "../../unit/list.ts";
import { read } from "../../unit/vector.ts";
import { poolPosition } from "../inventory/memory.ts";
import type { RequestOnHost } from "./isolation.ts";

/**
 * The granule of base pages: a guest's memory can then be backed by transparent huge pages, and
 * satisfies QEMU's alignment on every architecture.
 */
const basePagesBytes = 2 * MiB;

/** The granule of memory that the request is given: a huge page, or some base pages. */
export function granuleOf(request: Request): number {
  return request.hugepageBytes ?? basePagesBytes;
}

/**
 * The size of the pages that back the memory; null where the machine's base page is unknown. On
 * x86-64 it is always 4 KiB; other architectures have several, and none is guessed.
 */
export function pageBytesOf(request: Request, { machine }: Topology): number | null {
  const base = machine.pageBytes ?? (machine.architecture === "x86_64" ? 4096 : null);
  return request.hugepageBytes ?? base;
}

/**
 * The free granules of a node, by position; null where its memory, or the size of its pages, is
 * unknown, none where isolation closes the node.
 */
export function freeGranules(space: RequestOnHost, node: number): number | null {
  if (space.closed.node(node)) return 0;
  const left = granulesLeft(space, node);
  return left === null ? null : Math.max(0, left);
}

/**
 * The granules that a node has left, by position, whoever may have them; null where its memory is
 * unknown, negative where more is promised or kept than there is.
 *
 * A running VM's huge pages are gone from the pool's free count, a planned VM's are not yet. So
 * both limits hold: the free count, and the whole pool less what plans were promised.
 */
export function granulesLeft(
  { inventory, occupancy, request }: Pick<RequestOnHost, "inventory" | "occupancy" | "request">,
  node: number,
): number | null {
  const { memory, topology } = inventory;
  const position = poolPosition(memory, request.hugepageBytes);
  // No node is known to have such pages: nobody told of this node's, or it has none.
  if (position < 0) return at(topology.nodes, node).hugepages === null ? null : 0;
  const pools = at(memory.pools, node);
  const { bytes, freeBytes } = at(pools, position);
  if (bytes === null) return null;
  if (bytes > 0 && pageBytesOf(request, topology) === null) return null;
  const unpromised = bytes - read(occupancy.promisedBytes, node * pools.length + position);
  const free = freeBytes === null ? unpromised : Math.min(freeBytes, unpromised);
  return Math.floor(free / granuleOf(request));
}
