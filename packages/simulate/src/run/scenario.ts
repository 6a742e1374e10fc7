import type { Policy } from "../policy/policy.ts";
import type { HostShape } from "../fleet/host.ts";
import type { Task, TaskShare } from "../fleet/task.ts";

/** One task: when it arrives, and when it leaves. */
export interface Arrival {
  readonly task: Task;
  /** A point of the scenario's axis, from 0 to `end`. */
  readonly at: number;
  /** When the task leaves if it was placed, on the same axis; null if it stays. */
  readonly leaves: number | null;
}

/** A fleet and its workload. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  /**
   * What `at` measures. `arrived`: the GPUs that have been asked for so far, over all GPUs of the
   * fleet. `time`: the part of the simulated time that has passed.
   */
  readonly axis: "arrived" | "time";
  /** Where on the axis the simulation ends. */
  readonly end: number;
  /** Where on the axis means begin: before this point the fleet fills up. */
  readonly settled: number;
  /** Sorted by the names of the hosts. */
  readonly hosts: readonly HostShape[];
  readonly demand: readonly TaskShare[];
  /** Policies that know more about these hosts than plain numbers. */
  readonly ownPolicies: readonly Policy[];
  /** The arrivals under a seed, in ascending order of `at`. */
  readonly arrivals: (seed: number) => readonly Arrival[];
}
