import type { CostModel } from "../../cost/placement-cost.ts";
import type { Space } from "../space/space.ts";
import type { Effort } from "./effort.ts";
import type { Ranking } from "./ranking.ts";
import type { Rules } from "./rules.ts";

/** What every layout of one search is made with. */
export interface Making {
  readonly space: Space;
  readonly model: CostModel;
  readonly rules: Rules;
  readonly ranked: Ranking;
  readonly effort: Effort;
}
