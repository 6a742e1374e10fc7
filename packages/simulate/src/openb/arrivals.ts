import { gpuMilliOf, type Task } from "../fleet/task.ts";
import { type Random, shuffled } from "../random.ts";
import type { Arrival } from "../run/scenario.ts";

/** More would not come of tasks that ask for GPUs; without any there is no end to reach. */
const DRAWS_MAX = 200_000;

/** Tasks arrive until they have asked for so many times the GPUs of the fleet. */
export const ARRIVED_SHARE = 1.3;

/**
 * The order of arrivals as in the published experiment: the tasks of the trace in a random order;
 * then, where they ask for less than 130 % of the fleet's GPUs, tasks drawn from the trace at random
 * with replacement until the next would be too much, and where they ask for more, tasks taken out at
 * random. Nobody leaves. (Weng et al., USENIX ATC 2023, section 6; the authors' simulator,
 * pkg/simulator/simulator.go, workload tuning. Its seeds are 42 to 51. Ours give other orders than
 * Go's generator does, of the same distribution.)
 */
export function openbArrivals(
  tasks: readonly Task[],
  gpuCapacityMilli: number,
  random: Random,
): readonly Arrival[] {
  const most = ARRIVED_SHARE * gpuCapacityMilli;
  const order = [...shuffled(tasks, random)];
  let asked = order.reduce((sum, task) => sum + gpuMilliOf(task), 0);
  while (asked > most) {
    const [out] = order.splice(random.below(order.length), 1);
    asked -= out === undefined ? 0 : gpuMilliOf(out);
  }
  for (let draws = 0; draws < DRAWS_MAX; draws++) {
    const task = tasks[random.below(tasks.length)];
    if (task === undefined || asked + gpuMilliOf(task) > most) break;
    asked += gpuMilliOf(task);
    order.push(task);
  }
  let arrived = 0;
  return order.map((task) => {
    const at = arrived / gpuCapacityMilli;
    arrived += gpuMilliOf(task);
    return { task, at, leaves: null };
  });
}
