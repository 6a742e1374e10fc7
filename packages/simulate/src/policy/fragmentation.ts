import { freeGpuMilli, type HostState, type NodeState } from "../fleet/host.ts";
import { accepts, type TaskShare, type Task } from "../fleet/task.ts";

/** Typical tasks are the most frequent ones that together make up this share of all requests. */
const TYPICAL_SHARE = 0.95;

/**
 * The fragmentation of a host as the paper defines it: the part of its free GPUs that a random
 * typical task could not use, in expectation, in thousandths of a GPU. A task can use no GPU of the
 * host if the host lacks CPUs or GPUs for it, if it does not accept the model, or if it asks for no
 * GPU. Otherwise it can use every GPU that has enough left for it. Memory is not considered. (Weng
 * et al., "Beware of Fragmentation: Scheduling GPU-Sharing Workloads with Fragmentation Gradient
 * Descent", USENIX ATC 2023, section 3; and the authors' simulator, pkg/utils/frag.go.)
 *
 * The paper knows no NUMA nodes. Here, on a host of several nodes, a task that fits on one node is
 * compared with each node by itself, because it has to fit on one; a larger task is compared with
 * the whole host.
 *
 * The cost is the number of typical tasks times the number of GPUs.
 */
export function fragmentationOf(demand: readonly TaskShare[]): (host: HostState) => number {
  const typical = typicalTasks(demand);
  return (host) => {
    const all = freeGpuMilli(host);
    if (all === 0) return 0;
    let fragments = 0;
    for (const { task, share } of typical) fragments += share * (all - usable(host, task));
    return fragments;
  };
}

/**
 * The typical tasks. Tasks that differ in memory alone are merged, the list is cut at 95 % of all
 * requests, and the shares are scaled to a sum of 1.
 */
export function typicalTasks(demand: readonly TaskShare[]): readonly TaskShare[] {
  const merged = new Map<string, TaskShare>();
  for (const { task, share } of demand) {
    const { cpuMilli, gpus, gpuMilli, models } = task;
    const key = JSON.stringify([cpuMilli, gpus, gpuMilli, models]);
    const before = merged.get(key);
    merged.set(
      key,
      before === undefined ? { task, share } : { ...before, share: before.share + share },
    );
  }
  const typical: TaskShare[] = [];
  let sum = 0;
  for (const one of [...merged.values()].toSorted((a, b) => b.share - a.share)) {
    // The sum of shares has rounding errors.
    if (sum >= TYPICAL_SHARE - 1e-9) break;
    typical.push(one);
    sum += one.share;
  }
  return typical.map(({ task, share }) => ({ task, share: share / sum }));
}

function usable({ shape, nodes }: HostState, task: Task): number {
  if (task.gpus === 0 || !accepts(task, shape.model)) return 0;
  const onOneNode = nodes.length > 1 && shape.nodes.some(({ gpus }) => gpus >= task.gpus);
  if (!onOneNode) return usableTogether(nodes, task);
  let sum = 0;
  for (const node of nodes) sum += usableTogether([node], task);
  return sum;
}

function usableTogether(nodes: readonly NodeState[], task: Task): number {
  let [sum, count, cpus] = [0, 0, 0];
  for (const { cpuMilli, gpuMilli } of nodes) {
    cpus += cpuMilli;
    for (const left of gpuMilli) {
      if (left < task.gpuMilli) continue;
      sum += left;
      count++;
    }
  }
  return count >= task.gpus && cpus >= task.cpuMilli ? sum : 0;
}
