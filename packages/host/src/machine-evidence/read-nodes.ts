import type { NodeMemory } from "@evenkeel/core/evidence/machine-evidence.ts";
import { INDEX_MAX } from "@evenkeel/core/set/index-set.ts";
import { indexedNames, memoryField, readLine } from "../sysfs/values.ts";
import type { Tree } from "../tree/tree.ts";

const nodeFolder = "/sys/devices/system/node";

/**
 * Reads how full each node is, by id; null where the kernel has no nodes. Two small files a node.
 *
 * The cache is the pages of files without those of shared memory and tmpfs, which the kernel counts
 * among them and cannot drop (Documentation/filesystems/proc.rst, meminfo; and
 * Documentation/admin-guide/numastat.rst).
 */
export function readNodes(tree: Tree): NodeMemory[] | null {
  const ids = indexedNames(tree, nodeFolder, "node").filter((id) => id <= INDEX_MAX);
  if (ids.length === 0) return null;
  return ids.map((id) => {
    const meminfo = tree.readText(`${nodeFolder}/node${id}/meminfo`);
    const [files, shared] = [memoryField(meminfo, "FilePages"), memoryField(meminfo, "Shmem")];
    return {
      id,
      memoryBytes: memoryField(meminfo, "MemTotal"),
      freeBytes: memoryField(meminfo, "MemFree"),
      cacheBytes: files === null || shared === null ? null : Math.max(0, files - shared),
      foreignPages: foreignPages(tree, `${nodeFolder}/node${id}/numastat`),
    };
  });
}

function foreignPages(tree: Tree, path: string): number | null {
  const [, pages] = /^numa_foreign (\d{1,15})$/m.exec(readLine(tree, path) ?? "") ?? [];
  return pages === undefined ? null : Number(pages);
}
