import type { HostPolicy } from "../../request/host-policy.ts";
import type { Request } from "../../request/request.ts";
import type { MemoryNode, Topology } from "../../topology/topology.ts";
import { MiB } from "../../unit/bytes.ts";
import { isHugepage, type Plan } from "../plan.ts";
import type { Closed } from "./isolation.ts";

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
 * How many granules each node can still sell, by node id; null where the node's memory is unknown.
 *
 * Huge pages: those of the pool that nobody holds. A running VM's pages are gone from `free`, a
 * planned one's are not yet, so both limits are kept: `free`, and `total` less the plans' pages.
 * Base pages: the node's memory without its huge page pools, the host's reserve and the plans'.
 */
export function freeGranules(
  topology: Topology,
  taken: readonly Plan[],
  policy: HostPolicy,
  request: Request,
  closed: Closed,
): ReadonlyMap<number, number | null> {
  const free = (node: MemoryNode): number | null => {
    if (closed.nodes.has(node.id)) return 0;
    const size = request.hugepageBytes;
    if (size !== null) {
      const pool = node.hugepages.find(({ sizeBytes }) => sizeBytes === size);
      if (pool === undefined) return 0;
      const promised = takenBytes(taken, node.id, (pageBytes) => pageBytes === size) / size;
      return Math.max(0, Math.min(pool.free ?? pool.total, pool.total - promised));
    }
    if (node.memoryBytes === null) return null;
    const pools = node.hugepages.reduce((sum, pool) => sum + pool.sizeBytes * pool.total, 0);
    const promised = takenBytes(taken, node.id, (pageBytes) => !isHugepage(pageBytes));
    const bytes = node.memoryBytes - pools - policy.reserved.memoryPerNodeBytes - promised;
    return Math.max(0, Math.floor(bytes / granuleOf(request)));
  };
  return new Map(topology.nodes.map((node) => [node.id, free(node)]));
}

function takenBytes(
  taken: readonly Plan[],
  node: number,
  counts: (pageBytes: number) => boolean,
): number {
  return taken
    .flatMap((plan) => plan.cells)
    .filter((cell) => counts(cell.pageBytes))
    .flatMap((cell) => cell.memoryOnNodes)
    .filter((part) => part.node === node)
    .reduce((sum, part) => sum + part.bytes, 0);
}
