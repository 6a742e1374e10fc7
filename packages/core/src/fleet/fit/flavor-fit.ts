import type { UntoldFact } from "../../plan/refusal.ts";
import type { Straddling, StraddlingCost } from "../straddle/straddle.ts";
import type { Locality } from "../../request/virtual-machine.ts";

/** How a request fits on an empty machine, and what keeps it off a single node. */
export interface FlavorFit extends Straddling {
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
  /** How many VMs of it fit on the machine as asked, placed one after the other. */
  readonly count: number;
  /** Whether counting ended at its limit, so that more may fit. */
  readonly countIsBound: boolean;
  /** The cost of straddling under locality `preferred`; null where it does not fit even then. */
  readonly cost: StraddlingCost | null;
}
