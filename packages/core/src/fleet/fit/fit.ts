import { untoldOf } from "../../placement/untold/untold.ts";
import { createFleet } from "../fleet.ts";
import { impliedSoldFlavors } from "../../placement/capacity/implied-flavors.ts";
import type { HostState } from "../../plan/host-state.ts";
import { inventoryOf } from "../../placement/inventory/inventory.ts";
import { emptyOccupancy } from "../../placement/occupancy/occupancy.ts";
import { search } from "../../placement/search/search.ts";
import { spaceOn } from "../../placement/space/space.ts";
import type { HostPolicy } from "../../request/host-policy.ts";
import type { Request } from "../../request/request.ts";
import type { Topology } from "../../topology/topology.ts";
import type { FlavorFit } from "./flavor-fit.ts";
import { isOnOneNode, straddlingCost, straddlingOf } from "../straddle/straddling.ts";

/** The limit of the count: a higher count would tell an operator nothing more. */
const countMax = 256;

/**
 * Finds the requests that straddle nodes on an empty machine, what one node lacks, and what that
 * costs. Every huge page of a pool counts as free.
 *
 * The answers are those of the placement itself. The fewest nodes come from the search under
 * `strict`; what a node lacks comes from the search's own space; the count places VMs one after the
 * other, as asked, until one is refused. So the count is no maximum over all places
 * (`placement/capacity/`), but what an operator gets who starts VMs in turn.
 *
 * It costs at most `countMax` placements a request.
 */
export function fitFlavors(
  topology: Topology,
  policy: HostPolicy,
  requests: readonly Request[],
): readonly FlavorFit[] {
  const host: HostState = { topology: emptied(topology), taken: [], policy };
  return requests.map((request) => fitOf(host, request));
}

/** The machine with no page of its pools in use. */
function emptied(topology: Topology): Topology {
  const nodes = topology.nodes.map((node) => ({
    ...node,
    hugepages: node.hugepages?.map((pool) => ({ ...pool, free: pool.total })) ?? null,
  }));
  return { ...topology, nodes };
}

function fitOf(host: HostState, request: Request): FlavorFit {
  const strict = search(host, { ...request, locality: "strict" });
  const preferred = strict ?? search(host, { ...request, locality: "preferred" });
  const nodes = strict === null ? null : strict.best.cells.length;
  const space = spaceOn(host, request);
  const count = countOf(host, request);
  const untold = nodes === 1 ? [] : untoldOf(host, { ...request, locality: "strict" }, isOnOneNode);
  return {
    name: request.flavor ?? request.name,
    locality: request.locality,
    nodes,
    onOneNode: untold.length > 0 ? null : nodes === 1,
    untold,
    ...straddlingOf(space),
    count,
    countIsBound: count === countMax,
    cost: preferred === null ? null : straddlingCost(preferred),
  };
}

function countOf({ topology, policy }: HostState, request: Request): number {
  const inventory = inventoryOf(topology, policy);
  const occupancy = emptyOccupancy(inventory);
  const soldFlavors = impliedSoldFlavors([inventory], request);
  const fleet = createFleet([{ name: topology.name, inventory, occupancy }], soldFlavors);
  for (let count = 0; count < countMax; count++) {
    const decision = fleet.decide(request);
    if (decision === null) return count;
    fleet.take(decision.host, decision.use);
  }
  return countMax;
}
