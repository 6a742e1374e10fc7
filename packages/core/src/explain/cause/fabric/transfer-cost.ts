import { weightsOf } from "../../../cost/workload.ts";
import type { CostParts } from "../../../cost/plan-cost.ts";
import type { FindingCost } from "../../../verify/verdict/verdict.ts";

/**
 * What it costs that the transfers of one part take longer: the ratio is read off the evidence
 * (link width, bandwidth of a path), the part's weight is the cost model's.
 *
 * @param ratio how many times as long they take.
 */
export function transferCost(part: keyof CostParts, ratio: number): FindingCost {
  const weight = weightsOf("inference")[part];
  return { slowdown: 1 + weight * Math.max(0, ratio - 1), basis: "modelled" };
}
