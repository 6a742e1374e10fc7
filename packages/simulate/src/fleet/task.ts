import { count, type Tally } from "@evenkeel/core/unit/tally.ts";

/**
 * What a task, or a VM of a flavor, asks for. CPU is in thousandths of a core and GPUs in
 * thousandths of a GPU, as the published trace has them. Tasks that ask for the same share one
 * object, and are told apart by nothing else: a policy decides once for all of them.
 */
export interface Task {
  /** A flavor's name, or what is asked in short. */
  readonly name: string;
  readonly cpuMilli: number;
  readonly memoryMib: number;
  /** How many GPUs. */
  readonly gpus: number;
  /** How much of each of them: 1000 but for a task that shares one GPU; 0 without GPUs. */
  readonly gpuMilli: number;
  /** The models of GPU that will do; null where any does. */
  readonly models: readonly string[] | null;
}

/** One GPU, in the unit of `gpuMilli`. */
export const WHOLE_GPU = 1000;

/** The sum of what a task takes of GPUs, in thousandths. */
export function gpuMilliOf(task: Task): number {
  return task.gpus * task.gpuMilli;
}

export function sharesGpu(task: Task): boolean {
  return task.gpus === 1 && task.gpuMilli < WHOLE_GPU;
}

export function accepts(task: Task, model: string | null): boolean {
  return task.models === null || (model !== null && task.models.includes(model));
}

/** How often a task is asked for: its share of all requests. What is known of the future is this. */
export interface TaskDemand {
  readonly task: Task;
  readonly share: number;
}

/** The shares with which tasks occur in a list of them, the most frequent first. */
export function demandOf(tasks: readonly Task[]): readonly TaskDemand[] {
  const counts: Tally<Task> = new Map();
  for (const task of tasks) count(counts, task);
  return [...counts]
    .map(([task, times]) => ({ task, share: times / tasks.length }))
    .toSorted((a, b) => b.share - a.share);
}
