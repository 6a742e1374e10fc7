import { type Task, WHOLE_GPU } from "../fleet/task.ts";
import { malformed, readCsv } from "./csv.ts";

const CPU_MILLI_MAX = 10_000_000;
const MEMORY_MIB_MAX = 1 << 30;
const GPUS_MAX = 64;
/** The published lists have some 150 distinct tasks. */
const DISTINCT_MAX = 1500;

/**
 * Reads the tasks of the trace in their order: columns cpu_milli, memory_mib, num_gpu, gpu_milli
 * and optionally gpu_spec (models joined by a bar). A task of several GPUs takes whole GPUs; a task
 * of one GPU takes `gpu_milli` of it. Tasks that ask for the same share one object.
 *
 * Errors: `trace-malformed`.
 */
export function readOpenbTasks(text: string, where: string): readonly Task[] {
  const known = new Map<string, Task>();
  const tasks = readCsv(text, where, ["cpu_milli", "memory_mib", "num_gpu", "gpu_milli"]).map(
    (row) => {
      const gpus = row.number("num_gpu", GPUS_MAX);
      const gpuMilli = gpus > 1 ? WHOLE_GPU : gpus * row.number("gpu_milli", WHOLE_GPU);
      const spec = row.has("gpu_spec") ? row.text("gpu_spec") : "";
      const cpuMilli = row.number("cpu_milli", CPU_MILLI_MAX);
      const memoryMib = row.number("memory_mib", MEMORY_MIB_MAX);
      const key = JSON.stringify([cpuMilli, memoryMib, gpus, gpuMilli, spec]);
      const models = spec === "" ? null : spec.split("|");
      const name = taskName(gpus, gpuMilli, cpuMilli);
      const task = known.get(key) ?? { name, cpuMilli, memoryMib, gpus, gpuMilli, models };
      known.set(key, task);
      return task;
    },
  );
  if (tasks.length === 0) throw malformed("the list has no task", where, "a row for each task");
  if (known.size > DISTINCT_MAX) {
    throw malformed("the list has too many different tasks", where, `at most ${DISTINCT_MAX}`);
  }
  return tasks;
}

function taskName(gpus: number, gpuMilli: number, cpuMilli: number): string {
  const cores = `${cpuMilli / 1000} cores`;
  if (gpus === 0) return cores;
  const amount = gpuMilli === WHOLE_GPU ? `${gpus}` : `${gpuMilli / WHOLE_GPU}`;
  return `${amount} GPU, ${cores}`;
}
