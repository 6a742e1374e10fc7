import type { HostState } from "../fleet/host.ts";
import type { TaskDemand, Task } from "../fleet/task.ts";
import type { Way } from "../fleet/allocations.ts";
import type { Random } from "../random.ts";

/** Where a task goes: which host of the fleet, and what of it. */
export interface Choice {
  readonly host: number;
  readonly way: Way;
}

/** What a policy may know: the hosts as they are now, and what is asked for how often. */
export interface Setting {
  /**
   * The fleet, in the order of the hosts' names. The simulation replaces a host's state when
   * something comes or goes, and nobody else may.
   */
  readonly hosts: readonly HostState[];
  /** The mix of requests as it is known beforehand, and nothing of their order. */
  readonly demand: readonly TaskDemand[];
  readonly random: Random;
}

/** Decides for one fleet, one task after another. */
export interface Placer {
  /** Where the task goes, or null where it fits nowhere. */
  readonly choose: (task: Task) => Choice | null;
  /** Hears that what it chose so has left; for placers that keep hosts of their own. */
  readonly left?: (choice: Choice) => void;
}

/**
 * A rule by which tasks are placed. It chooses; the simulation keeps the books, and holds every
 * choice against them. So a solver that keeps hosts of its own can be a policy as well: its placer
 * translates what it decides into a host's number and what is taken of that host's nodes.
 */
export interface Policy {
  /** As it is called on the command line. */
  readonly name: string;
  readonly title: string;
  /** Where the rule is published, or what it is. */
  readonly source: string;
  /**
   * Whether it knows of NUMA nodes. A policy that does not is shown each host as one pool, and what
   * becomes of its tasks is left to the host (`numa/ordinary-host.ts`).
   */
  readonly knowsNodes: boolean;
  readonly start: (setting: Setting) => Placer;
}
