import { untoldOf } from "../../placement/untold/untold.ts";
import { createFleet, type Fleet } from "../fleet.ts";
import { impliedSoldFlavors } from "../../placement/capacity/implied-flavors.ts";
import type { SoldFlavor } from "../../placement/capacity/loss.ts";
import { demandOf } from "../../placement/host-class/demand.ts";
import { once } from "../../once.ts";
import type { HostState } from "../../plan/host-state.ts";
import { inventoryOf } from "../../placement/inventory/inventory.ts";
import { emptyOccupancy } from "../../placement/occupancy/occupancy.ts";
import type { SearchResult } from "../../placement/search/search.ts";
import { spaceOn } from "../../placement/space/space.ts";
import type { HostPolicy } from "../../request/host-policy.ts";
import type { Request } from "../../request/request.ts";
import type { Topology } from "../../topology/topology.ts";
import type { FlavorFit } from "./flavor-fit.ts";
import { isOnOneNode, straddlingCost, straddlingOf } from "../straddle/straddling.ts";

/** The limit of the count: a higher count would tell an operator nothing more. */
const countMax = 256;

/**
 * Finds the flavors that straddle nodes on an empty machine, what one node lacks, and what that
 * costs. Every huge page of a pool counts as free.
 *
 * The answers are those of the placement itself. The nodes and the cost are those of the place that
 * `place` gives to the first VM of a host that sells all these flavors: layouts that are equal to a
 * guest that sees its nodes may differ to one that does not, and which of them is taken depends on
 * what else is sold. What a node lacks comes from the search's own space. The count places VMs one
 * after the other, as asked, until one is refused. So it is no maximum over all places
 * (`placement/capacity/`), but what an operator gets who starts VMs in turn.
 *
 * It costs at most `countMax` placements a flavor.
 */
export function fitFlavors(
  topology: Topology,
  policy: HostPolicy,
  flavors: readonly Request[],
): readonly FlavorFit[] {
  const host: HostState = { topology: emptied(topology), taken: [], policy };
  const sold = flavors.map((flavor) => ({ demand: demandOf(flavor), weight: 1 }));
  const selling = once(() => emptyFleet(host, sold));
  return flavors.map((flavor) => fitOf(host, flavor, selling));
}

/** The machine with no page of its pools in use. */
function emptied(topology: Topology): Topology {
  const nodes = topology.nodes.map((node) => ({
    ...node,
    hugepages: node.hugepages?.map((pool) => ({ ...pool, free: pool.total })) ?? null,
  }));
  return { ...topology, nodes };
}

/** @param selling the machine with all flavors that it sells; asked only where one straddles. */
function fitOf(host: HostState, request: Request, selling: () => Fleet): FlavorFit {
  const fleet = emptyFleet(
    host,
    impliedSoldFlavors([inventoryOf(host.topology, host.policy)], request),
  );
  const strict = fleet.decide({ ...request, locality: "strict" })?.found ?? null;
  const nodes = strict === null ? null : strict.best.cells.length;
  const first = nodes === 1 ? strict : firstPlace(selling(), request);
  const untold = nodes === 1 ? [] : untoldOf(host, { ...request, locality: "strict" }, isOnOneNode);
  const count = countOf(fleet, request);
  return {
    name: request.flavor ?? request.name,
    locality: request.locality,
    nodes,
    onOneNode: untold.length > 0 ? null : nodes === 1,
    untold,
    ...straddlingOf(spaceOn(host, request)),
    count,
    countIsBound: count === countMax,
    cost: first === null ? null : straddlingCost(first),
  };
}

/** The place of the first VM, straying only where it has to. */
function firstPlace(fleet: Fleet, request: Request): SearchResult | null {
  const decision =
    fleet.decide({ ...request, locality: "strict" }) ??
    fleet.decide({ ...request, locality: "preferred" });
  return decision && decision.found;
}

function emptyFleet({ topology, policy }: HostState, sold: readonly SoldFlavor[]): Fleet {
  const inventory = inventoryOf(topology, policy);
  const occupancy = emptyOccupancy(inventory);
  return createFleet([{ name: topology.name, inventory, occupancy }], sold);
}

function countOf(fleet: Fleet, request: Request): number {
  for (let count = 0; count < countMax; count++) {
    const decision = fleet.decide(request);
    if (decision === null) return count;
    fleet.take(decision.host, decision.use);
  }
  return countMax;
}
