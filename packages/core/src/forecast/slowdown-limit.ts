import { planCost } from "../cost/placement-cost.ts";
import { idealCost } from "../placement/ideal.ts";
import type { Inventory } from "../placement/inventory/inventory.ts";
import { type Layout, placed } from "../placement/layout/layout.ts";
import { search, searchSpace } from "../placement/search/search.ts";
import { spaceOn } from "../placement/space/space.ts";
import type { HostState } from "../plan/host-state.ts";
import type { Request } from "../request/request.ts";
import type { VmForecast } from "./forecast-document.ts";
import { forecastWith, slowdownsWith } from "./forecast.ts";
import { type LoadedVm, neighboursOf } from "./neighbours.ts";

/**
 * `HostPolicy.maxSlowdown`: a placement is refused where the new VM, or a running one that it
 * slows, would exceed the limit by its forecast. A running VM beyond the limit that the new one
 * leaves as it is closes no host: it would stay closed to everybody.
 *
 * The search asks of every layout that would rank whether it is within the limit
 * (`SearchOptions.accepts`), so the answer is the best of those that are. For that, no two devices
 * or nodes may count as interchangeable: equal as they are, their neighbours differ
 * (`withoutOrbits`).
 */
export interface SlowdownLimit {
  readonly accepts: (layout: Layout) => boolean;
  /** How much the VM that is slowed most beyond its limit is slowed; 1 where none is slowed. */
  readonly worst: (layout: Layout) => number;
  /** The forecast of the VM that is slowed most. */
  readonly slowest: (layout: Layout) => VmForecast;
}

/** The limit of a host for a request; null where its policy sets none. */
export function slowdownLimit(host: HostState, request: Request): SlowdownLimit | null {
  const { maxSlowdown } = host.policy;
  if (maxSlowdown === null) return null;
  const neighbours = neighboursOf(host);
  const ideal = idealCost(host, request);
  const { name: vm, tenant, vcpus, workload } = request;
  const loaded = (layout: Layout): LoadedVm => {
    const where = placed(layout.cells);
    const load = neighbours.load({ vm, tenant, placed: where, vcpus, workload, idleSlowdown: 1 });
    if (ideal === null) return load;
    const { slowdown } = planCost(load.raw, ideal);
    return { ...load, idleSlowdown: Math.max(load.idleSlowdown, slowdown) };
  };
  const worst = (layout: Layout): number =>
    slowdownsWith(neighbours, loaded(layout)).reduce(
      (most, { slowdownBefore, slowdownAfter }) =>
        slowdownBefore === slowdownAfter ? most : Math.max(most, slowdownAfter),
      1,
    );
  return {
    worst,
    accepts: (layout) => worst(layout) <= maxSlowdown,
    slowest: (layout) =>
      forecastWith(neighbours, loaded(layout)).vms.reduce((a, b) =>
        b.slowdownBefore !== b.slowdownAfter && b.slowdownAfter > a.slowdownAfter ? b : a,
      ),
  };
}

/** The layout that slows least, of all that fit but for the limit; null where nothing fits. */
export function leastSlowing(
  host: HostState,
  request: Request,
  { worst }: SlowdownLimit,
): { readonly layout: Layout; readonly slowdown: number } | null {
  let least: { layout: Layout; slowdown: number } | null = null;
  const space = spaceOn(host, request);
  // Every layout is rejected, so there is never an incumbent, and no layout is pruned.
  searchSpace(
    { ...space, inventory: withoutOrbits(space.inventory) },
    {
      accepts: (layout) => {
        const slowdown = worst(layout);
        if (least === null || slowdown < least.slowdown) least = { layout, slowdown };
        return false;
      },
    },
  );
  if (least !== null) return least;
  // The effort may have ended before anything was found.
  const found = search(host, request);
  return found === null ? null : { layout: found.best, slowdown: worst(found.best) };
}

const apart = new WeakMap<Inventory, Inventory>();

/** The inventory in which every device and node is an orbit of its own. */
export function withoutOrbits(inventory: Inventory): Inventory {
  const before = apart.get(inventory);
  if (before !== undefined) return before;
  const each = (items: readonly unknown[]): readonly number[] => items.map((_, i) => i);
  const { symmetry } = inventory;
  const made = {
    ...inventory,
    symmetry: {
      ...symmetry,
      acceleratorOrbit: each(symmetry.acceleratorOrbit),
      nicOrbit: each(symmetry.nicOrbit),
      nodeOrbit: each(symmetry.nodeOrbit),
      nodeOrbitWithDevices: each(symmetry.nodeOrbitWithDevices),
    },
  };
  apart.set(inventory, made);
  return made;
}
