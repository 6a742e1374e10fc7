import { at } from "@evenkeel/core/unit/list.ts";
import type { HostState } from "../fleet/host.ts";
import type { Task } from "../fleet/task.ts";
import type { NodeAllocation, Allocation } from "../fleet/allocations.ts";

/**
 * The nodes that a task gets on a host of several nodes when its policy saw only one pool.
 *
 * - GPUs are the ones taken from the pool: for whole GPUs the first free ones in the order of PCI
 *   addresses, as device plugins list them. Their indices determine their nodes.
 * - CPUs and memory come from the nodes of these GPUs, in proportion to the GPUs, while they have
 *   room; the rest comes from the other nodes, the lowest first. A task without GPUs lies on the
 *   node with the most free CPUs, and its rest on the others too.
 *
 * A real kernel is less kind: it starts a process on the least loaded node, wherever its GPU is,
 * and then lets it float (`ordinary-stack.ts`). So the simulated share of VMs that lie as their
 * flavor promises is an upper bound.
 */
export function ordinaryAllocation(host: HostState, task: Task, pool: Allocation): Allocation {
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
    .map((_, node): NodeAllocation => ({
      node,
      cpuMilli: at(cpus, node),
      memoryMib: at(memory, node),
      gpus: at(gpus, node),
      gpuMilli: task.gpuMilli,
    }))
    .filter((part) => part.gpus.length > 0 || part.cpuMilli > 0 || part.memoryMib > 0);
}

/** The GPUs of the pool by node. The pool numbers the GPUs of all nodes in order. */
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

/**
 * Splits an amount over the nodes by weight while each has room; the rest goes to the lowest nodes.
 */
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
