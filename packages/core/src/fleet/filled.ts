import { isPlaceable } from "../placement/search/search.ts";
import type { HostState } from "../plan/host-state.ts";
import type { Plan } from "../plan/plan.ts";
import type { Request } from "../request/request.ts";
import { place } from "./place.ts";

/**
 * Places VMs of one request on a host one after the other, as they would be admitted, until none
 * fits or there are `most`; `more` is whether another may fit.
 */
export function filledWith(
  host: HostState,
  request: Request,
  most: number,
): { readonly plans: readonly Plan[]; readonly more: boolean } {
  const plans: Plan[] = [];
  while (plans.length < most) {
    const present = { ...host, taken: [...host.taken, ...plans] };
    // A refusal would look for remedies, which nobody asked for.
    if (!isPlaceable(present, request)) return { plans, more: false };
    // The copies are told apart by their numbers, which no VM's name can have.
    const next = place([present], { ...request, name: `${request.name}#${plans.length + 1}` });
    if (next.kind === "Refusal") return { plans, more: false };
    plans.push(next);
  }
  return { plans, more: true };
}
