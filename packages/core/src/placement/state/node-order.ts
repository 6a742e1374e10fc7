import type { Inventory } from "../inventory/inventory.ts";
import { granuleOf } from "../space/memory.ts";
import type { Demand } from "./demand.ts";

/**
 * Whether the order of a machine's nodes decides what a demand can be given. A VM over several
 * nodes whose cores or pages do not divide evenly has the remainder on the lowest of them, so a
 * host with little left on node 0 and much on node 1 may refuse what its mirror image takes: for
 * such a demand the two are not in one state.
 */
export function needsNodeOrder({ cores, nodeIds }: Inventory, { request }: Demand): boolean {
  const { accelerators, vcpus, memoryBytes, isolation } = request;
  if (nodeIds.length === 1 || accelerators.count === 1) return false;
  const width = isolation === "shared" ? 1 : cores.threadsPerCore;
  const amounts = [Math.ceil(vcpus / width), Math.ceil(memoryBytes / granuleOf(request))];
  const parts = accelerators.count > 0 ? [accelerators.count] : nodeIds.map((_, i) => i + 1);
  const divides = parts.every((count) => amounts.every((amount) => amount % count === 0));
  return !divides || vcpus % width !== 0;
}
