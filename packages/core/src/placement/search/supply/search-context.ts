import type { CostModel } from "../../../cost/placement-cost.ts";
import type { Space } from "../../space/space.ts";
import type { Effort } from "../rank/effort.ts";
import type { LocalityPolicy } from "../locality/locality-policy.ts";
import type { Ranking } from "../rank/ranking.ts";

/** What all parts of one search share. */
export interface SearchContext {
  readonly space: Space;
  readonly model: CostModel;
  readonly policy: LocalityPolicy;
  readonly ranked: Ranking;
  readonly effort: Effort;
}
