import { type IndexSet, intersection, isEmpty } from "@evenkeel/core/set/index-set.ts";
import { formatList } from "@evenkeel/core/set/list-format.ts";
import { parseMask } from "@evenkeel/core/set/mask-format.ts";
import type { CacheAllocation } from "@evenkeel/core/topology/topology.ts";
import type { Tree } from "../tree/tree.ts";
import { readIndex, readLine } from "./values.ts";

const information = "/sys/fs/resctrl/info";

/**
 * Reads how L3 caches can be partitioned, where resctrl is mounted and the processor supports it.
 * With separate code and data (CDP), both have the same values, and half as many classes.
 * https://docs.kernel.org/filesystems/resctrl.html ("Info directory")
 */
export function readCacheAllocation(tree: Tree): CacheAllocation | null {
  for (const resource of ["L3", "L3CODE"]) {
    const directory = `${information}/${resource}`;
    const classes = readCount(tree, `${directory}/num_closids`);
    const ways = readWays(tree, `${directory}/cbm_mask`);
    const waysMin = readCount(tree, `${directory}/min_cbm_bits`);
    if (classes === null || ways === null || isEmpty(ways) || waysMin === null) continue;
    const shared = readWays(tree, `${directory}/shareable_bits`);
    return {
      classes,
      ways: formatList(ways),
      sharedWays: shared === null ? null : formatList(intersection(shared, ways)),
      waysMin,
      bandwidthClasses: readCount(tree, `${information}/MB/num_closids`),
    };
  }
  return null;
}

/** Processors have some dozens of classes and ways. */
const COUNT_MAX = 1024;

function readCount(tree: Tree, path: string): number | null {
  const count = readIndex(tree, path);
  return count !== null && count <= COUNT_MAX ? count : null;
}

/** A mask of ways; no cache has so many that it needs a second word. */
function readWays(tree: Tree, path: string): IndexSet | null {
  const line = readLine(tree, path);
  return line !== null && /^[0-9a-f]{1,8}$/i.test(line) ? parseMask(line) : null;
}
