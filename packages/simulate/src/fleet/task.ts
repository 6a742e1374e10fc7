import { count, type Tally } from "@evenkeel/core/unit/tally.ts";

/**
 * The resources that a VM of a flavor, or a task of the published trace, asks for. CPUs are in
 * thousandths of a core and GPUs in thousandths of a GPU, as in the trace. Tasks that ask for the
 * same share one object, so a policy can cache its scores by task.
 */
export interface Task {
  /** The flavor's name, or a short description. */
  readonly name: string;
  readonly cpuMilli: number;
  readonly memoryMib: number;
  /** How many GPUs. */
  readonly gpus: number;
  /** How much of each GPU: 1000, less for a task that shares one GPU; 0 without GPUs. */
  readonly gpuMilli: number;
  /** The accepted GPU models; null where any is accepted. */
  readonly models: readonly string[] | null;
}

/** A whole GPU, in the unit of `gpuMilli`. */
export const WHOLE_GPU = 1000;

/** All GPUs and parts of GPUs that a task takes, in thousandths. */
export function gpuMilliOf(task: Task): number {
  return task.gpus * task.gpuMilli;
}

/** Whether a task takes a part of one GPU. */
export function sharesGpu(task: Task): boolean {
  return task.gpus === 1 && task.gpuMilli < WHOLE_GPU;
}

/** Whether a task accepts GPUs of a model; null is an unknown model. */
export function accepts(task: Task, model: string | null): boolean {
  return task.models === null || (model !== null && task.models.includes(model));
}

/** A task and its share of all requests. Policies know nothing else of the future. */
export interface TaskShare {
  readonly task: Task;
  readonly share: number;
}

/** The distinct tasks of a list with their shares, the most frequent first. */
export function taskShares(tasks: readonly Task[]): readonly TaskShare[] {
  const counts: Tally<Task> = new Map();
  for (const task of tasks) count(counts, task);
  return [...counts]
    .map(([task, times]) => ({ task, share: times / tasks.length }))
    .toSorted((a, b) => b.share - a.share);
}
