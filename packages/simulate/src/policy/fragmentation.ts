import { freeGpuMilli, type HostState, type NodeState } from "../fleet/host.ts";
import { accepts, type TaskDemand, type Task } from "../fleet/task.ts";

/** The tasks that make up this part of all requests, the most frequent first, are typical ones. */
const TYPICAL_SHARE = 0.95;

/**
 * The fragmentation of a host as the paper measures it: how much of its free GPUs a task drawn from
 * the typical mix could not use, in expectation, in thousandths of a GPU. A task that lacks CPUs or
 * GPUs there, that does not accept the model or asks for no GPU, can use none; any other can use
 * those GPUs on which enough is left for it. (Weng et al., "Beware of Fragmentation: Scheduling
 * GPU-Sharing Workloads with Fragmentation Gradient Descent", USENIX ATC 2023, section 3; and the
 * authors' simulator, pkg/utils/frag.go.) Memory plays no part in it.
 *
 * On a host of several nodes a task that fits on one node is held against each of them by itself,
 * since that is where it has to fit, and a larger one against the host: the paper knows no nodes.
 *
 * It costs the number of typical tasks times the GPUs.
 */
export function fragmentationOf(demand: readonly TaskDemand[]): (host: HostState) => number {
  const typical = typicalTasks(demand);
  return (host) => {
    const all = freeGpuMilli(host);
    if (all === 0) return 0;
    let fragments = 0;
    for (const { task, share } of typical) fragments += share * (all - usable(host, task));
    return fragments;
  };
}

/** Typical tasks: told apart without their memory, cut at 95 %, and their shares made to sum to 1. */
export function typicalTasks(demand: readonly TaskDemand[]): readonly TaskDemand[] {
  const merged = new Map<string, TaskDemand>();
  for (const { task, share } of demand) {
    const { cpuMilli, gpus, gpuMilli, models } = task;
    const key = JSON.stringify([cpuMilli, gpus, gpuMilli, models]);
    const before = merged.get(key);
    merged.set(
      key,
      before === undefined ? { task, share } : { ...before, share: before.share + share },
    );
  }
  const typical: TaskDemand[] = [];
  let sum = 0;
  for (const one of [...merged.values()].toSorted((a, b) => b.share - a.share)) {
    // Shares are sums of fractions: what is off by rounding alone is there.
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
