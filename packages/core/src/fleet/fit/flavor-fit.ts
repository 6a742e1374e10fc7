import type { UntoldFact } from "../../plan/refusal.ts";
import type { CostBasis } from "../../cost/path-cost.ts";
import type { Locality } from "../../request/virtual-machine.ts";

/** How a request fits on an empty machine. */
export interface FlavorFit {
  /** The flavor's name, or the request's where it has none. */
  readonly name: string;
  /** The locality that was asked for. */
  readonly locality: Locality;
  /**
   * The fewest nodes whose own cores, memory and devices hold it; null where it would have to take
   * cores or memory from other nodes than its accelerators', or does not fit at all.
   */
  readonly nodes: number | null;
  /**
   * Whether one node holds all of it; otherwise it straddles nodes. Null where not enough is known
   * to say: then `untold` has what would have to be told.
   */
  readonly onOneNode: boolean | null;
  readonly untold: readonly UntoldFact[];
  /** What each node with CPUs lacks to hold all of it; no entry for a node that lacks nothing. */
  readonly shortages: readonly NodeShortage[];
  /** What it would have to come down to; null where one node lacks several things, or devices. */
  readonly room: OneNode | null;
  /**
   * The nodes that lack nothing; where none of them holds it, their devices are not connected as
   * asked.
   */
  readonly enough: readonly number[];
  /** How many VMs of it fit on the machine as asked, placed one after the other. */
  readonly count: number;
  /** Whether counting ended at its limit, so that more may fit. */
  readonly countIsBound: boolean;
  /** The cost of straddling under locality `preferred`; null where it does not fit even then. */
  readonly cost: StraddlingCost | null;
}

/** The most of one resource with which a request would fit on one node, all else as it is. */
export interface OneNode {
  readonly resource: "vcpus" | "memoryBytes";
  readonly most: number;
}

/** What a node lacks of one resource. */
export interface NodeShortage {
  readonly node: number;
  /** Whole cores, or CPUs where cores are shared; huge pages by number, base pages in bytes. */
  readonly resource: "cores" | "cpus" | "hugepages" | "memoryBytes" | "accelerators" | "nics";
  readonly needs: number;
  /** Null where nobody told. */
  readonly has: number | null;
}

/**
 * The time to move data, over that of the same devices with all memory local to its users: 1 is no
 * loss.
 */
export interface StraddlingCost {
  /** With a guest that is shown its nodes and keeps its work to them. */
  readonly shown: number;
  /** With a guest that sees one flat machine, so that every vCPU uses all memory equally. */
  readonly hidden: number;
  readonly basis: CostBasis;
}
