import type { HostShape } from "./host.ts";
import type { Task } from "./task.ts";

/** The part of a task that lies on one node. */
export interface Cell {
  readonly cpuMilli: number;
  readonly memoryMib: number;
  readonly gpus: number;
}

/**
 * The cells of a task on a type of host: on how many nodes it lies, and what it takes of each. This
 * is the signature of the task there, reduced to what a fleet of plain numbers knows. Null where
 * the host is too small.
 *
 * A task with GPUs takes the fewest nodes that have enough GPUs; a task without GPUs takes the
 * fewest that hold its CPUs and memory. GPUs are split evenly, the remainder to the lowest cells;
 * CPUs and memory are split in proportion to the GPUs. The split does not depend on what else runs
 * there, so VMs of one flavor are twins. A task does not fit if its GPUs lie on one node and its
 * CPUs do not fit there: that is what strict locality means. All nodes of a simulated host have the
 * same size; if they had not, the smallest would decide.
 */
export function cellsOf({ nodes }: HostShape, task: Task): readonly Cell[] | null {
  const count = cellCount(nodes, task);
  if (count === null) return null;
  const cells = split(task, count);
  const fits = cells.every((cell) => nodes.some((node) => holds(node, cell)));
  return fits ? cells : null;
}

/** What a node holds. */
interface Room {
  readonly cpuMilli: number;
  readonly memoryMib: number;
  readonly gpus: number;
}

function holds(node: Room, cell: Cell): boolean {
  return (
    node.cpuMilli >= cell.cpuMilli && node.memoryMib >= cell.memoryMib && node.gpus >= cell.gpus
  );
}

function cellCount(nodes: readonly Room[], task: Task): number | null {
  const serving = task.gpus === 0 ? nodes : nodes.filter(({ gpus }) => gpus > 0);
  if (serving.length === 0) return null;
  const least = (of: (node: Room) => number): number => Math.min(...serving.map(of));
  const wanted =
    task.gpus > 0
      ? Math.ceil(task.gpus / least(({ gpus }) => gpus))
      : Math.max(
          1,
          Math.ceil(
            task.cpuMilli /
              Math.max(
                1,
                least(({ cpuMilli }) => cpuMilli),
              ),
          ),
          Math.ceil(
            task.memoryMib /
              Math.max(
                1,
                least(({ memoryMib }) => memoryMib),
              ),
          ),
        );
  return wanted > serving.length ? null : wanted;
}

function split(task: Task, count: number): readonly Cell[] {
  if (count === 1) return [{ cpuMilli: task.cpuMilli, memoryMib: task.memoryMib, gpus: task.gpus }];
  let [cpuLeft, memoryLeft] = [task.cpuMilli, task.memoryMib];
  return Array.from({ length: count }, (_, i): Cell => {
    const gpus = Math.floor(task.gpus / count) + (i < task.gpus % count ? 1 : 0);
    const share = task.gpus === 0 ? 1 / count : gpus / task.gpus;
    const last = i === count - 1;
    const cpuMilli = last ? cpuLeft : Math.min(cpuLeft, Math.ceil(task.cpuMilli * share));
    const memoryMib = last ? memoryLeft : Math.min(memoryLeft, Math.ceil(task.memoryMib * share));
    cpuLeft -= cpuMilli;
    memoryLeft -= memoryMib;
    return { cpuMilli, memoryMib, gpus };
  });
}
