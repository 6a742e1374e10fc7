import { at } from "@evenkeel/core/unit/list.ts";
import type { HostState } from "../fleet/host.ts";
import type { Task } from "../fleet/task.ts";
import type { Part, Way } from "../fleet/allocations.ts";

/**
 * Where a task comes to lie on a host of several nodes when whoever placed it saw only a pool.
 *
 * - GPUs are those that were taken from the pool: for whole GPUs the first free ones in the order of
 *   PCI addresses, as device plugins list them. Their indices say which nodes they are on.
 * - CPUs and memory come from the nodes of these GPUs, in proportion to them, as far as they go, and
 *   the rest from the others, the lowest first. A task without GPUs is on the node with the most
 *   CPUs free, and its rest likewise.
 *
 * The second is kinder than the ordinary stack is: a kernel starts a process on the least loaded
 * node, wherever its GPU is, and then lets it float (`ordinary-stack.ts`). So what is said of such
 * hosts, that so many VMs lie as their flavor promises, is the most that one could hope for.
 */
export function ordinaryWay(host: HostState, task: Task, pool: Way): Way {
  const gpus = gpusByNode(
    host,
    pool.flatMap((part) => part.gpus),
  );
  const first = leastLoaded(host);
  const weights = gpus.map((list, n) =>
    task.gpus === 0 ? (n === first ? 1 : 0) : list.length / task.gpus,
  );
  const cpus = spill(
    task.cpuMilli,
    weights,
    host.nodes.map((node) => node.cpuMilli),
  );
  const memory = spill(
    task.memoryMib,
    weights,
    host.nodes.map((node) => node.memoryMib),
  );
  return host.nodes
    .map((_, node): Part => ({
      node,
      cpuMilli: at(cpus, node),
      memoryMib: at(memory, node),
      gpus: at(gpus, node),
      gpuMilli: task.gpuMilli,
    }))
    .filter((part) => part.gpus.length > 0 || part.cpuMilli > 0 || part.memoryMib > 0);
}

/** GPUs of the pool by the nodes that own them: the pool counts through the nodes in order. */
function gpusByNode({ nodes }: HostState, pooled: readonly number[]): readonly number[][] {
  let start = 0;
  return nodes.map(({ gpuMilli }) => {
    const [from, end] = [start, start + gpuMilli.length];
    start = end;
    return pooled.filter((gpu) => gpu >= from && gpu < end).map((gpu) => gpu - from);
  });
}

function leastLoaded({ nodes }: HostState): number {
  const most = Math.max(...nodes.map(({ cpuMilli }) => cpuMilli));
  return nodes.findIndex(({ cpuMilli }) => cpuMilli === most);
}

/** An amount over the nodes by their weights, as far as each has room; the rest from the lowest. */
function spill(amount: number, weights: readonly number[], room: readonly number[]): number[] {
  let [left, quota] = [amount, amount];
  const last = weights.findLastIndex((weight) => weight > 0);
  const taken = room.map((free, n) => {
    const share = n === last ? quota : Math.min(quota, Math.ceil(amount * at(weights, n)));
    quota -= share;
    const part = Math.min(share, free);
    left -= part;
    return part;
  });
  return taken.map((part, n) => {
    const more = Math.min(left, at(room, n) - part);
    left -= more;
    return part + more;
  });
}
