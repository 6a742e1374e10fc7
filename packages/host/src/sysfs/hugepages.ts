import { KiB } from "@evenkeel/core/unit/bytes.ts";
import type { HugepagePool } from "@evenkeel/core/topology/topology.ts";
import type { Tree } from "../tree/tree.ts";
import { readIndex } from "./values.ts";

/**
 * A node's pools of huge pages:
 * `/sys/devices/system/node/node0/hugepages/hugepages-2048kB/{nr_hugepages,free_hugepages}`. A pool
 * whose size cannot be read is left out. On a machine with one node, the machine's pools in
 * `/sys/kernel/mm/hugepages` are used where the node has none. A machine without either folder has
 * a kernel without huge pages.
 *
 * Null where only the whole machine's pools are there and have pages: nobody tells on which of
 * several nodes these are.
 * https://docs.kernel.org/admin-guide/mm/hugetlbpage.html
 */
export function readHugepages(
  tree: Tree,
  node: number,
  nodes: readonly number[],
): HugepagePool[] | null {
  const ofNode = poolsOf(tree, node);
  if (ofNode.length > 0) return ofNode;
  const ofMachine = poolsIn(tree, "/sys/kernel/mm/hugepages");
  if (nodes.length === 1) return ofMachine;
  const spread = nodes.some((other) => poolsOf(tree, other).length > 0);
  return spread || ofMachine.every(({ total }) => total === 0) ? [] : null;
}

function poolsOf(tree: Tree, node: number): HugepagePool[] {
  return poolsIn(tree, `/sys/devices/system/node/node${node}/hugepages`);
}

function poolsIn(tree: Tree, directory: string): HugepagePool[] {
  const pools: HugepagePool[] = [];
  for (const name of tree.list(directory)) {
    const size = /^hugepages-([1-9]\d{0,11})kB$/.exec(name)?.[1];
    if (size === undefined) continue;
    const total = readIndex(tree, `${directory}/${name}/nr_hugepages`);
    if (total === null) continue;
    const free = readIndex(tree, `${directory}/${name}/free_hugepages`);
    pools.push({ sizeBytes: Number(size) * KiB, total, free });
  }
  return pools;
}
