import { costModel } from "@evenkeel/core/cost/placement-cost.ts";
import type { HostState } from "@evenkeel/core/plan/host-state.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import { besideAccelerators } from "./beside-accelerators.ts";
import type { LinearProgram } from "./linear-program.ts";
import { offerOf } from "./offer.ts";
import { onNodes } from "./on-nodes.ts";
import type { Optimum } from "./optimum.ts";
import { straying, type StrayingBound } from "./straying.ts";

/**
 * The objective of the best placement of a request on a host, by integer programs that share only
 * the definition of cost with the search; null where nothing fits.
 */
export function programmed(
  newProgram: () => LinearProgram,
  host: HostState,
  request: Request,
): Optimum | StrayingBound | null {
  const offer = offerOf(host, request);
  const model = costModel(offer.topology, request.workload);
  const placed =
    request.accelerators.count > 0
      ? besideAccelerators(newProgram(), offer, request, model)
      : onNodes(newProgram, offer, request, model);
  if (placed !== null || request.locality !== "preferred") return placed;
  return straying(newProgram(), offer, request, model);
}
