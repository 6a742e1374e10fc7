import { gpuMilliOf, type Task } from "../fleet/task.ts";
import type { Random } from "@evenkeel/core/random/random.ts";
import { shuffled } from "../random.ts";
import type { Arrival } from "../run/scenario.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";

/** Ends the loop for lists of tasks without GPUs, which never reach the target. */
const DRAWS_MAX = 200_000;

/** Tasks arrive until they have asked for this multiple of the fleet's GPUs. */
export const ARRIVED_SHARE = 1.3;

/**
 * The arrivals of the published experiment. The tasks of the list come in random order. If they ask
 * for less than 130 % of the fleet's GPUs, more are drawn from the list at random with replacement,
 * until the next would exceed it; if they ask for more, tasks are removed at random. No task
 * leaves. (Weng et al., USENIX ATC 2023, section 6; the authors' simulator,
 * pkg/simulator/simulator.go, workload tuning. The published seeds are 42 to 51. Our generator
 * gives other orders than Go's for the same seed, of the same distribution.)
 */
export function openbArrivals(
  tasks: readonly Task[],
  gpuCapacityMilli: number,
  random: Random,
): readonly Arrival[] {
  const most = ARRIVED_SHARE * gpuCapacityMilli;
  const order = [...shuffled(tasks, random)];
  let asked = sumOf(order, (task) => gpuMilliOf(task));
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
