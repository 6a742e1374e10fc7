import { isEmpty } from "@evenkeel/core/set/index-set.ts";
import { formatList } from "@evenkeel/core/set/list-format.ts";
import { parseMask } from "@evenkeel/core/set/mask-format.ts";
import type { CacheAllocation } from "@evenkeel/core/topology/topology.ts";
import type { Tree } from "../tree/tree.ts";
import { readIndex, readLine } from "./values.ts";

const information = "/sys/fs/resctrl/info";

/**
 * How L3 caches can be shared out, where resctrl is mounted and the processor can. With code and
 * data apart (CDP) the same is said of each, and half as many classes are left.
 * https://docs.kernel.org/filesystems/resctrl.html ("Info directory")
 */
export function readCacheAllocation(tree: Tree): CacheAllocation | null {
  for (const resource of ["L3", "L3CODE"]) {
    const directory = `${information}/${resource}`;
    const classes = readIndex(tree, `${directory}/num_closids`);
    const ways = readWays(tree, `${directory}/cbm_mask`);
    const waysMin = readIndex(tree, `${directory}/min_cbm_bits`);
    if (classes === null || ways === null || ways === "" || waysMin === null) continue;
    return {
      classes,
      ways,
      sharedWays: readWays(tree, `${directory}/shareable_bits`),
      waysMin,
      bandwidthClasses: readIndex(tree, `${information}/MB/num_closids`),
    };
  }
  return null;
}

/** A mask of ways as a list; a cache has far fewer than would take a second word. */
function readWays(tree: Tree, path: string): string | null {
  const line = readLine(tree, path);
  const mask = line !== null && /^[0-9a-f]{1,8}$/i.test(line) ? parseMask(line) : null;
  return mask === null ? null : isEmpty(mask) ? "" : formatList(mask);
}
