import type { MemoryMapping } from "@evenkeel/core/evidence/evidence.ts";
import type { RamAddress } from "../qmp/parse.ts";
import type { Tree } from "../tree/tree.ts";
import { attributeMemory, type Block, type CellBackend } from "./attribute-memory.ts";
import { parseMaps, parseNumaMaps } from "./parse-memory.ts";

/**
 * The guest's memory in a process: what numa_maps says of the mappings that are the backends'; null
 * where it may not be read.
 *
 * numa_maps is the one file that costs: the kernel walks the page table of every mapping to count pages
 * by node, and holds the lock of the process's mappings for reading meanwhile, which whoever maps memory
 * waits for. `npm run bench -- evidence` found 5 to 15 ms for each GiB in base pages (262,144 entries) and
 * 0.3 ms in pages of 2 MiB (512 entries), which is some ten seconds for a guest of 1 TiB in base pages, a
 * third of a second in pages of 2 MiB, and nothing to speak of in pages of 1 GiB. Sums by node suffice, so
 * smaps, which walks the same entries for a fifth more time and says nothing of nodes, is never read.
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
