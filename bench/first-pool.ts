import type { Inventory } from "@evenkeel/core/placement/inventory/inventory.ts";
import { at } from "@evenkeel/core/unit/list.ts";

/** The bytes of a node's first pool, which holds all that the benchmarks' machines sell. */
export function firstPoolBytes({ memory }: Inventory, node: number): number {
  const { bytes } = at(at(memory.pools, node), 0);
  if (bytes === null) throw new Error(`the memory of node ${node} is unknown`);
  return bytes;
}
