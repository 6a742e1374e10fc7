import { cellsOf } from "../fleet/cells.ts";
import type { HostShape } from "../fleet/host.ts";
import type { Task } from "../fleet/task.ts";
import type { Allocation } from "../fleet/allocations.ts";

/**
 * Whether an allocation keeps the signature that the flavor promises: as many nodes as the
 * signature has cells, and on each node the CPUs, memory and GPUs of one cell. False on a type of
 * host that cannot hold the flavor in its signature.
 */
export function inSignature(shape: HostShape, task: Task, allocation: Allocation): boolean {
  const cells = cellsOf(shape, task);
  if (cells === null || cells.length !== allocation.length) return false;
  const open = [...cells];
  for (const part of allocation) {
    const match = open.findIndex(
      (cell) =>
        cell.gpus === part.gpus.length &&
        cell.cpuMilli === part.cpuMilli &&
        cell.memoryMib === part.memoryMib,
    );
    if (match < 0) return false;
    open.splice(match, 1);
  }
  return true;
}
