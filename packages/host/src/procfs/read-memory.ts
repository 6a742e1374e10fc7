import type { MemoryMapping } from "@evenkeel/core/evidence/evidence.ts";
import type { RamAddress } from "../qmp/parse.ts";
import type { Tree } from "../tree/tree.ts";
import { attributeMemory, type Block, type CellBackend } from "./attribute-memory.ts";
import { parseMaps, parseNumaMaps } from "./parse-memory.ts";

/** The file that has the pages of a process by node. */
export const numaMapsOf = (pid: number): string => `/proc/${pid}/numa_maps`;

/** The text of numa_maps; null if it may not be read. */
export function readNumaMaps(tree: Tree, pid: number): string | null {
  return tree.readText(numaMapsOf(pid));
}

/**
 * The mappings of a process that are memory of the guest, from numa_maps; null if that may not be
 * read.
 *
 * numa_maps is the one expensive file. The kernel walks the page table of every mapping to count
 * pages by node, and meanwhile holds the read lock of the mappings, so that changes to mappings
 * wait. `npm run bench -- evidence` found 5 to 15 ms per GiB of base pages (262,144 entries) and
 * 0.3 ms per GiB of 2 MiB pages (512 entries). That is some ten seconds for a guest of 1 TiB in
 * base pages, a third of a second in 2 MiB pages, and next to nothing in 1 GiB pages. Sums by node
 * suffice, so smaps is never read: it walks the same entries for a fifth more time, and has no
 * nodes.
 *
 * @param numa the text of numa_maps, if the caller has read it already.
 */
export function readMemory(
  tree: Tree,
  pid: number,
  backends: readonly CellBackend[],
  ram: readonly RamAddress[],
  numa: string | null = readNumaMaps(tree, pid),
): MemoryMapping[] | null {
  const where = numaMapsOf(pid);
  const maps = tree.readText(`/proc/${pid}/maps`);
  if (maps === null || numa === null || numa === "") return null;
  const ranges = new Map(parseNumaMaps(numa).map((range) => [range.start, range]));
  const blocks = parseMaps(maps).flatMap((range): Block[] => {
    const own = ranges.get(range.start);
    return own === undefined ? [] : [{ ...own, end: range.end, writable: range.writable }];
  });
  return attributeMemory(blocks, backends, ram).map(({ block, backend }) => ({
    kind: "guest",
    start: block.start.toString(16),
    bytes: block.end - block.start,
    backend: backend?.id ?? null,
    cell: backend?.cell ?? null,
    policy: block.policy,
    pageBytes: block.pageBytes,
    onNodes: block.onNodes,
    where,
    line: block.line,
  }));
}
