import type { RawCost } from "../cost/placement-cost.ts";
import type { Request } from "../request/request.ts";
import type { HostState } from "../plan/host-state.ts";
import { placed } from "./layout/layout.ts";
import { search } from "./search/search.ts";

/**
 * What the request would cost where it is best: on the same host when empty, with memory free to
 * follow the accelerators. A slowdown is relative to this. Null when even that does not fit.
 */
export function idealCost(host: HostState, request: Request): RawCost | null {
  const found = search({ ...host, taken: [] }, { ...request, locality: "preferred" });
  return found && found.model.cost(placed(found.best.cells));
}
