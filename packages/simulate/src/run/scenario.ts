import type { Policy } from "../policy/policy.ts";
import type { HostShape } from "../fleet/host.ts";
import type { TaskDemand, Task } from "../fleet/task.ts";

/** A task that comes, and goes again or stays. */
export interface Arrival {
  readonly task: Task;
  /** When, as a part of the world's whole course: what that means is the world's `axis`. */
  readonly at: number;
  /** When it leaves if it was placed, on the same axis; null if it stays. */
  readonly leaves: number | null;
}

/** A fleet, what is asked of it, and in which order for a seed. */
export interface World {
  readonly name: string;
  readonly title: string;
  /** What 0 to `end` of the course is: GPUs asked for so far in parts of all, or time. */
  readonly axis: "arrived" | "time";
  readonly end: number;
  /** From here on the mean is taken: before it the fleet fills up. */
  readonly settled: number;
  /** In the order of the hosts' names. */
  readonly hosts: readonly HostShape[];
  readonly demand: readonly TaskDemand[];
  /** Policies that know more of this world's hosts than plain numbers. */
  readonly ownPolicies: readonly Policy[];
  /** Ascending in `at`. */
  readonly arrivals: (seed: number) => readonly Arrival[];
}
