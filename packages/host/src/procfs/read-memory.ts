import type { MemoryMapping } from "@evenkeel/core/evidence/evidence.ts";
import type { RamAddress } from "../qmp/parse.ts";
import type { Backend } from "../qemu/shape.ts";
import type { Tree } from "../tree/tree.ts";
import { attributeMemory, type Block } from "./attribute-memory.ts";
import { parseMaps, parseNumaMaps } from "./parse-memory.ts";

/** A memory backend with the guest node that it belongs to. */
export interface CellBackend extends Backend {
  readonly cell: number | null;
}

/**
 * Reads the guest's memory in a process: the lines of numa_maps for the mappings of the memory
 * backends; null where the file may not be read.
 *
 * numa_maps is the one expensive file. To count pages by node, the kernel walks the page table of
 * every mapping and meanwhile holds the lock on the process's mappings for reading, so a thread
 * that maps memory waits. `npm run bench -- evidence` measured 5 to 15 ms per GiB in base pages
 * (262,144 entries) and 0.3 ms in 2 MiB pages (512 entries). For a guest of 1 TiB that is some ten
 * seconds in base pages, a third of a second in 2 MiB pages, and negligible in 1 GiB pages. Sums by
 * node suffice, so smaps is never read: it walks the same entries, takes a fifth longer and has no
 * nodes.
 */
export function readMemory(
  tree: Tree,
  pid: number,
  backends: readonly CellBackend[],
  ram: readonly RamAddress[],
): MemoryMapping[] | null {
  const where = `/proc/${pid}/numa_maps`;
  const maps = tree.readText(`/proc/${pid}/maps`);
  const numa = tree.readText(where);
  if (maps === null || numa === null || numa === "") return null;
  const ranges = new Map(parseNumaMaps(numa).map((range) => [range.start, range]));
  const blocks = parseMaps(maps).flatMap((range): Block[] => {
    const own = ranges.get(range.start);
    return own === undefined ? [] : [{ ...own, end: range.end, writable: range.writable }];
  });
  return attributeMemory(blocks, backends, ram).map(({ block, backend }) => ({
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
