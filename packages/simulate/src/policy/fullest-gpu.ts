import type { HostState } from "../fleet/host.ts";
import { sharesGpu, type Task } from "../fleet/task.ts";

/** Of the GPUs that a part of one may go to, the one on which the least is left. */
export function fullestGpu(host: HostState, next: HostState, task: Task): number {
  return -leftOnGpu(host, next, task);
}

/** Of the GPUs that a part of one may go to, the one on which the most is left. */
export function emptiestGpu(host: HostState, next: HostState, task: Task): number {
  return leftOnGpu(host, next, task);
}

/** What is left of the GPU that the way takes a part of; 0 where it takes whole ones. */
function leftOnGpu(host: HostState, next: HostState, task: Task): number {
  if (!sharesGpu(task)) return 0;
  for (const [n, node] of next.nodes.entries()) {
    const before = host.nodes[n];
    if (before === undefined || before === node) continue;
    for (const [gpu, left] of node.gpuMilli.entries()) {
      if (left !== before.gpuMilli[gpu]) return left;
    }
  }
  return 0;
}
