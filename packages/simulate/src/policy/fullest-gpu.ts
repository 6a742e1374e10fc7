import type { HostState } from "../fleet/host.ts";
import { sharesGpu, type Task } from "../fleet/task.ts";

/** Prefers the GPU with the least left, for a task that takes a part of a GPU. */
export function fullestGpu(host: HostState, next: HostState, task: Task): number {
  return -leftOnGpu(host, next, task);
}

/** Prefers the GPU with the most left, for a task that takes a part of a GPU. */
export function emptiestGpu(host: HostState, next: HostState, task: Task): number {
  return leftOnGpu(host, next, task);
}

/** What is left of the GPU that the task takes a part of; 0 where the task takes whole GPUs. */
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
