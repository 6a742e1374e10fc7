import type { Request } from "../../request/request.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { granuleOf } from "../space/memory.ts";

/**
 * Whether the order of a machine's nodes decides what a request can be given. A VM over several
 * nodes whose cores or pages do not divide evenly has the remainder on the lowest of them, so a
 * host with little left on node 0 and much on node 1 may refuse what its mirror image takes: for
 * such a request the two are not in one state, and two nodes that are equal in themselves can
 * change places only where no other lies between them.
 *
 * Interleaved memory has its remainder on the first nodes of the host. Cells without accelerators
 * that are as unequal as their nodes can have one whatever the amounts, on three nodes or more.
 */
export function needsNodeOrder(inventory: Inventory, request: Request): boolean {
  const nodes = inventory.nodeIds.length;
  if (nodes === 1) return false;
  const { accelerators, vcpus, memoryBytes, isolation, locality } = request;
  const width = isolation === "shared" ? 1 : inventory.cores.threadsPerCore;
  const units = Math.ceil(vcpus / width);
  const granules = Math.ceil(memoryBytes / granuleOf(request));
  if (vcpus % width !== 0) return true;
  const cells = Math.max(1, accelerators.count);
  if (locality === "interleave" && granules % (cells * nodes) !== 0) return true;
  if (accelerators.count > 0) return units % cells !== 0 || granules % cells !== 0;
  return nodes > 2 || units % 2 !== 0 || granules % 2 !== 0;
}
