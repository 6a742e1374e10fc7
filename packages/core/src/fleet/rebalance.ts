import { slotCounter } from "../placement/capacity/capacity.ts";
import { soldSignatures } from "../placement/capacity/sold-signature.ts";
import type { HostState } from "../plan/host-state.ts";
import { type Inventory, inventoryOf } from "../placement/inventory/inventory.ts";
import { useOfLayout } from "../placement/layout/layout-use.ts";
import { occupied, type Occupancy, type Use, vacated } from "../placement/occupancy/occupancy.ts";
import { occupancyOf } from "../placement/occupancy/occupancy-of-host.ts";
import { useOfPlan } from "../placement/occupancy/use-of-plan.ts";
import { requestOfPlan } from "../plan/request-of-plan.ts";
import { withSellablePages } from "../plan/sellable-pages.ts";
import { type Demand, demandOf } from "../placement/host-class/demand.ts";
import {
  type HostClass,
  hostClassCache,
  type HostClasses,
} from "../placement/host-class/host-classes.ts";
import type { Request } from "../request/request.ts";
import { invariant } from "../invariant.ts";
import { at } from "../unit/list.ts";
import { sumOf } from "../unit/sum.ts";

/** Advice: the fewest moves that give a fleet more slots of a flavor. Nothing is moved. */
export interface Rebalancing {
  readonly flavor: string;
  readonly wanted: number;
  /** The flavor's slots in the signature that it is sold in, before and after all moves. */
  readonly before: number;
  readonly after: number;
  /** In an order in which each has room when its turn comes; null where none was found. */
  readonly moves: readonly Move[] | null;
  /** Fewer moves than this do not suffice: all of them were tried or excluded by a bound. */
  readonly excludedBelow: number;
  /** Whether all counts are certain; otherwise slots are lower bounds, and fewer moves may do. */
  readonly exact: boolean;
}

/** Moves one VM to another host of the fleet, in its own signature. */
export interface Move {
  readonly vm: string;
  readonly from: string;
  readonly to: string;
  /** The nodes of its cells there, in the cells' order, and the accelerators that it gets. */
  readonly nodes: readonly number[];
  readonly accelerators: readonly string[];
  /** The flavor's slots in the fleet once it has moved. */
  readonly slots: number;
}

export interface RebalanceBounds {
  /** The most moves to try. */
  readonly movesMax?: number;
  /** The most arrangements of the fleet to try, over all numbers of moves. */
  readonly arrangementsMax?: number;
  /** The most layouts to try for one count of slots (`slotCounter`). */
  readonly layoutsMax?: number;
}

/**
 * Finds the fewest moves from host to host that give `wanted` more slots of a flavor, by iterative
 * deepening with branch and bound.
 *
 * Numbers of moves are tried in turn, so that the first answer is the least; for each number every
 * sequence of moves, to every host and every place there in the VM's own signature. A beginning is
 * given up when an upper bound on the slots that the remaining moves could free is too low: a move
 * frees slots on the host that it leaves, and never on the host where it arrives. So each host adds
 * at most what the removal of its best VM frees, or what removing all VMs frees if more than one
 * leaves. Arrangements that were reached in another order are not tried again.
 *
 * The answer is exact up to `excludedBelow` moves; the search ends after `arrangementsMax`
 * arrangements. `exact` is false where there were more slots or places than could be tried.
 */
export function rebalance(
  hosts: readonly HostState[],
  flavor: Request,
  wanted: number,
  { movesMax = 4, arrangementsMax = 1 << 14, layoutsMax }: RebalanceBounds = {},
): Rebalancing {
  const fleet = fleetOf(hosts, flavor, layoutsMax);
  const before = fleet.slots(fleet.start);
  const answer = { flavor: flavor.flavor ?? flavor.name, wanted, before };
  const ended = (
    moves: readonly Move[] | null,
    excludedBelow: number,
  ): Omit<Rebalancing, keyof typeof answer> => {
    const { exact } = fleet.certainty;
    return { after: moves?.at(-1)?.slots ?? before, moves, excludedBelow, exact };
  };
  const budget = { left: arrangementsMax };
  for (let count = 0; count <= movesMax; count++) {
    const seen = new Map<string, number>();
    const moves = explore(fleet, fleet.start, before + wanted, count, seen, budget);
    if (moves !== null || budget.left <= 0) return { ...answer, ...ended(moves, count) };
  }
  return { ...answer, ...ended(null, movesMax + 1) };
}

/** A host after some moves. */
interface MovedHost {
  readonly name: string;
  readonly inventory: Inventory;
  readonly occupancy: Occupancy;
  readonly vms: readonly HostedVm[];
}

interface HostedVm {
  readonly name: string;
  readonly demand: Demand;
  readonly use: Use;
}

type Arrangement = readonly MovedHost[];

interface Fleet {
  readonly start: Arrangement;
  readonly hostClasses: HostClasses;
  /** Whether all counts and places so far were tried in full. */
  readonly certainty: { exact: boolean };
  readonly slots: (arrangement: Arrangement) => number;
  /** An upper bound on the slots that at most `moves` moves could add. */
  readonly bound: (arrangement: Arrangement, moves: number) => number;
}

function fleetOf(hosts: readonly HostState[], flavor: Request, layoutsMax?: number): Fleet {
  const start = hosts.map(movedHostOf);
  const hostClasses = hostClassCache();
  const countSlots = slotCounter(hostClasses, layoutsMax);
  const certainty = { exact: true };
  const soldSignature = soldSignatures(hostClasses);
  const classOf = ({ inventory, occupancy }: MovedHost): HostClass =>
    hostClasses.transient(inventory, occupancy);
  const slotsOn = (hostClass: HostClass): number => {
    const own = soldSignature(hostClass, demandOf(flavor));
    if (own === null) return 0;
    const { slots, exact } = countSlots(hostClass, own);
    certainty.exact &&= exact;
    return slots;
  };
  const gains = new WeakMap<MovedHost, readonly [number, number]>();
  /** The slots that the removal of the best VM frees, and of all VMs. */
  const gainsOn = (host: MovedHost): readonly [number, number] => {
    const before = gains.get(host);
    if (before !== undefined) return before;
    const { inventory, occupancy, vms } = host;
    const now = slotsOn(classOf(host));
    const without = (gone: readonly HostedVm[]): number =>
      slotsOn(
        hostClasses.transient(
          inventory,
          gone.reduce((o, { use }) => vacated(inventory, o, use), occupancy),
        ),
      );
    const one = Math.max(0, ...vms.map((vm) => without([vm]) - now));
    const found = [one, Math.max(one, without(vms) - now)] as const;
    gains.set(host, found);
    return found;
  };
  return {
    start,
    hostClasses,
    certainty,
    slots: (arrangement) => sumOf(arrangement, (host) => slotsOn(classOf(host))),
    bound: (arrangement, moves) => {
      let best: readonly number[] = Array.from({ length: moves + 1 }, () => 0);
      for (const host of arrangement) {
        const [one, all] = gainsOn(host);
        best = best.map((value, spent) =>
          Math.max(
            value,
            spent >= 1 ? at(best, spent - 1) + one : 0,
            spent >= 2 ? at(best, spent - 2) + all : 0,
          ),
        );
      }
      return at(best, moves);
    },
  };
}

function movedHostOf(host: HostState): MovedHost {
  const inventory = inventoryOf(withSellablePages(host), host.policy);
  return {
    name: host.topology.name,
    inventory,
    occupancy: occupancyOf(inventory, host),
    vms: host.taken.map((plan) => ({
      name: plan.vm,
      demand: demandOf(requestOfPlan(plan), plan.signature),
      use: useOfPlan(inventory, plan),
    })),
  };
}

/** A sequence of exactly `left` moves that reaches the goal; null where there is none. */
function explore(
  fleet: Fleet,
  from: Arrangement,
  goal: number,
  left: number,
  seen: Map<string, number>,
  budget: { left: number },
): readonly Move[] | null {
  const slots = fleet.slots(from);
  if (left === 0) return slots >= goal ? [] : null;
  if (slots + fleet.bound(from, left) < goal) return null;
  const key = keyOf(from);
  const before = seen.get(key);
  if (before !== undefined && before >= left) return null;
  seen.set(key, left);
  for (const [after, move] of movesFrom(fleet, from)) {
    if (budget.left-- <= 0) return null;
    const rest = explore(fleet, after, goal, left - 1, seen, budget);
    if (rest !== null) return [{ ...move, slots: fleet.slots(after) }, ...rest];
  }
  return null;
}

/** Every move of one VM, with the arrangement after it. */
function* movesFrom(
  fleet: Fleet,
  from: Arrangement,
): Generator<readonly [Arrangement, Omit<Move, "slots">]> {
  for (const [source, host] of from.entries()) {
    for (const vm of host.vms) {
      const left = {
        ...host,
        occupancy: vacated(host.inventory, host.occupancy, vm.use),
        vms: host.vms.filter((other) => other !== vm),
      };
      const empty = new Set<string>();
      for (const [target, other] of from.entries()) {
        if (target === source) continue;
        const { key } = fleet.hostClasses.transient(other.inventory, other.occupancy);
        // Empty hosts of one class differ only in their names.
        if (other.vms.length === 0 && empty.has(key)) continue;
        if (other.vms.length === 0) empty.add(key);
        for (const { arrived, nodes, accelerators } of arrivals(fleet, other, vm)) {
          const after = from.map((one, i) => (i === source ? left : i === target ? arrived : one));
          yield [after, { vm: vm.name, from: host.name, to: other.name, nodes, accelerators }];
        }
      }
    }
  }
}

interface Arrival extends Pick<Move, "nodes" | "accelerators"> {
  readonly arrived: MovedHost;
}

/** Every place on a host in the VM's own signature, one of each orbit. */
function arrivals(
  { hostClasses, certainty }: Fleet,
  host: MovedHost,
  vm: HostedVm,
): readonly Arrival[] {
  const { inventory, occupancy } = host;
  // The host itself and not the one that stands for its class, since moves name its devices.
  const here = { key: "", inventory, occupancy };
  const space = hostClasses.space(here, vm.demand);
  const { successors, complete } = hostClasses.successors(here, vm.demand);
  certainty.exact &&= complete;
  return successors.map(({ layout: { cells } }): Arrival => {
    const use = useOfLayout(space, cells);
    return {
      nodes: cells.map(({ node }) => node),
      accelerators: cells.flatMap((cell) => cell.accelerators.map(({ address }) => address)),
      arrived: {
        ...host,
        occupancy: occupied(inventory, occupancy, use),
        vms: [...host.vms, { ...vm, use }],
      },
    };
  });
}

/** The key of an arrangement: what each VM has, by host. */
function keyOf(arrangement: Arrangement): string {
  const parts = arrangement.map(({ vms }) =>
    vms
      .map(({ name, use }) => {
        invariant(use.memory.length > 0, `${name} has memory somewhere`);
        const memory = use.memory.map(({ node, bytes }) => `${node}:${bytes}`);
        return `${name} ${use.cores.join(" ")} ${use.deviceGroups.join(" ")} ${memory.join(" ")}`;
      })
      .toSorted()
      .join(";"),
  );
  return parts.join("\n");
}
