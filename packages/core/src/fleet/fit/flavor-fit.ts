import type { UntoldFact } from "../../plan/refusal.ts";
import type { NodeShortage, OneNode, StraddlingCost } from "../straddle/straddle.ts";
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
