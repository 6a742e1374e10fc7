import type { HostState } from "../fleet/host.ts";
import type { TaskShare, Task } from "../fleet/task.ts";
import type { Allocation } from "../fleet/allocations.ts";
import type { Random } from "@evenkeel/core/random/random.ts";

/** A policy's decision for a task: a host, and what the task takes of it. */
export interface Choice {
  /** The position in `Setting.hosts`. */
  readonly host: number;
  readonly allocation: Allocation;
}

/** What a policy may know: the hosts as they are now, and the mix of requests. */
export interface Setting {
  /**
   * The fleet, sorted by the names of the hosts. Only the simulation changes this list: it replaces
   * the state of a host when a task arrives or leaves.
   */
  readonly hosts: readonly HostState[];
  /** How often each task is asked for. The order of arrivals is not known. */
  readonly demand: readonly TaskShare[];
  readonly random: Random;
}

/** A policy at work on one fleet. */
export interface Placer {
  /** The decision for the next task; null where it fits nowhere. */
  readonly choose: (task: Task) => Choice | null;
  /**
   * Called when a task that was placed by this choice has left; for placers with hosts of their
   * own.
   */
  readonly onLeft?: (choice: Choice) => void;
}

/**
 * A rule that places tasks. The policy chooses; the simulation records what is free and checks
 * every choice against it. So a solver with hosts of its own can be a policy too: its placer
 * translates each decision into the position of a host and an allocation there.
 */
export interface Policy {
  /** The name on the command line. */
  readonly name: string;
  readonly title: string;
  /** Where the rule is published, or a description. */
  readonly source: string;
  /**
   * Whether it knows NUMA nodes. A policy that does not sees each host as one pool, and the host
   * decides which nodes a task lies on (`numa/ordinary-host.ts`).
   */
  readonly knowsNodes: boolean;
  readonly start: (setting: Setting) => Placer;
}
