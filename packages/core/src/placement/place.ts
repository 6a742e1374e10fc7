import type { Request } from "../request/request.ts";
import { buildPlan } from "./build-plan.ts";
import type { HostState } from "./host-state.ts";
import { idealCost } from "./ideal.ts";
import type { Plan } from "./plan.ts";
import type { Refusal } from "./refusal.ts";
import { refuse } from "./refuse/refuse.ts";
import { compareObjectives } from "./search/layout.ts";
import { placed } from "./search/layout-cost.ts";
import { search } from "./search/search.ts";

/**
 * Places one request on one of the hosts: on the one where it is best by the same objective that
 * decides within a host, the earlier in the list where several are equal. Refused only when no
 * host can hold it, with every cause on every host.
 */
export function place(hosts: readonly HostState[], request: Request): Plan | Refusal {
  const found = hosts.flatMap((host) => {
    const here = search(host, request);
    return here === null ? [] : [{ host, here }];
  });
  const [first] = found.toSorted((a, b) =>
    compareObjectives(a.here.best.objective, b.here.best.objective),
  );
  if (first === undefined) {
    return {
      apiVersion: "evenkeel/v1",
      kind: "Refusal",
      vm: request.name,
      hosts: hosts.map((host) => refuse(host, request)),
    };
  }
  const { host, here } = first;
  const own = here.model.cost(placed(here.best.cells));
  return buildPlan(host, here, idealCost(host, request) ?? own);
}
