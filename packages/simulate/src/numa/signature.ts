import { cellsOf } from "../fleet/cells.ts";
import type { HostShape } from "../fleet/host.ts";
import type { Task } from "../fleet/task.ts";
import type { Way } from "../fleet/allocations.ts";

/**
 * Whether a task lies as its flavor promises on such a host: on as many nodes as its signature has
 * cells, with a cell's CPUs, memory and GPUs on each. On a host that the flavor does not fit onto as
 * promised, nothing is as promised.
 */
export function inSignature(shape: HostShape, task: Task, way: Way): boolean {
  const cells = cellsOf(shape, task);
  if (cells === null || cells.length !== way.length) return false;
  const open = [...cells];
  for (const part of way) {
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
