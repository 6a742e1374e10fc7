import type { RawCost } from "../cost/placement-cost.ts";
import type { Request } from "../request/request.ts";
import type { HostState } from "../plan/host-state.ts";
import { placed } from "./layout/layout.ts";
import { search } from "./search/search.ts";

/**
 * The cost of the request's best place on the same host when empty, under locality `preferred`. A
 * slowdown is relative to this. Null when the request does not fit even there.
 */
export function idealCost(host: HostState, request: Request): RawCost | null {
  const found = search({ ...host, taken: [], held: [] }, { ...request, locality: "preferred" });
  return found && found.model.cost(placed(found.best.cells));
}
