import { EvenkeelError } from "../error/evenkeel-error.ts";
import type { Request } from "../request/request.ts";
import type { SoldFlavor } from "../placement/capacity/loss.ts";
import { occupied, type Use, vacated } from "../placement/occupancy/occupancy.ts";
import { occupancyInterner } from "../placement/occupancy/interning.ts";
import { demandOf } from "../placement/host-class/demand.ts";
import type { HostClass } from "../placement/host-class/host-classes.ts";
import { at } from "../unit/list.ts";
import { type ChoiceOptions, type HostChoice, hostChooser } from "./choose-host.ts";
import type { HostOccupancy } from "./host-index.ts";
import { sum } from "../unit/sum.ts";

/** A host of a fleet: its name, inventory and occupancy. */
export interface FleetHost extends HostOccupancy {
  readonly name: string;
}

/** Options with hosts by name. */
export type FleetOptions = ChoiceOptions<string>;
export type FleetDecision = HostChoice<string>;

/**
 * A fleet of hosts on which VMs come and go.
 *
 * The choice of the host is exact: by the objective that decides within a host, then by the least
 * loss. VMs do not span hosts, so the fleet loses what the host loses; and hosts of one class give
 * the same answer. So each host class is asked once and its answer is cached, and the cost of a
 * decision grows with the number of host classes, not with the number of hosts.
 *
 * It knows what VMs hold, and not what they move: a policy's `maxSlowdown` counts in `place`, which
 * is given their plans, and not here.
 */
export interface Fleet {
  /** The best place for the request; null when no host can take it. Changes nothing. */
  readonly decide: (request: Request, options?: FleetOptions) => FleetDecision | null;
  /** Puts a VM on a host, or removes one. */
  readonly take: (host: string, use: Use) => void;
  readonly release: (host: string, use: Use) => void;
  readonly host: (name: string) => FleetHost | null;
  readonly add: (host: FleetHost) => void;
  readonly remove: (name: string) => void;
  /**
   * How many more VMs of a request fit, in its signature where it has one, or in the signature
   * `only`; a lower bound where there are more choices than can be tried (`slotCounter`).
   */
  readonly capacity: (request: Request, only?: string | null) => number;
  /** The host classes that hosts are in, with the names of their hosts. */
  readonly hostClasses: () => readonly {
    readonly hostClass: HostClass;
    readonly hosts: readonly string[];
  }[];
}

/** @param soldFlavors the flavors that this fleet sells: placements keep room for them. */
export function createFleet(hosts: Iterable<FleetHost>, soldFlavors: readonly SoldFlavor[]): Fleet {
  const positions = new Map<string, number>();
  const names: string[] = [];
  const { index, countSlots, decide } = hostChooser(soldFlavors);
  const intern = occupancyInterner();
  const positionOf = (name: string): number => {
    const position = positions.get(name);
    if (position === undefined) throw unknownHost(name);
    return position;
  };
  const nameAt = (position: number): string => at(names, position);
  const add = ({ name, inventory, occupancy }: FleetHost): void => {
    if (positions.has(name)) throw duplicateHost(name);
    const position = index.add({ inventory, occupancy: intern(inventory, occupancy) });
    positions.set(name, position);
    names[position] = name;
  };
  for (const host of hosts) add(host);
  const change = (name: string, by: typeof occupied, use: Use): void => {
    const position = positionOf(name);
    const { inventory, occupancy } = index.at(position);
    const after = intern(inventory, by(inventory, occupancy, use));
    index.change(position, { inventory, occupancy: after });
  };
  return {
    decide: (request, { without, ...options } = {}) => {
      const left = [...(without ?? [])].flatMap((name) => positions.get(name) ?? []);
      const choice = decide(demandOf(request), { ...options, without: new Set(left) });
      if (choice === null) return null;
      const { nextHost } = choice;
      const next = nextHost && { ...nextHost, host: nameAt(nextHost.host) };
      return { ...choice, host: nameAt(choice.host), nextHost: next };
    },
    take: (name, use) => change(name, occupied, use),
    release: (name, use) => change(name, vacated, use),
    host: (name) => {
      const position = positions.get(name);
      return position === undefined ? null : { name, ...index.at(position) };
    },
    add,
    remove: (name) => {
      index.remove(positionOf(name));
      positions.delete(name);
    },
    capacity: (request, only = null) => {
      const demand = demandOf(request, only);
      const counts = index
        .entries()
        .map(({ hostClass, hosts: of }) => of.length * countSlots(hostClass, demand).slots);
      return sum(counts);
    },
    hostClasses: () =>
      index.entries().map(({ hostClass, hosts: of }) => {
        return { hostClass, hosts: of.map(nameAt) };
      }),
  };
}

function unknownHost(name: string): EvenkeelError {
  return new EvenkeelError("host-unknown", `the fleet has no host "${name}"`, {
    where: "fleet",
    expected: "the name of a host of the fleet",
    remedy: "add the host first",
  });
}

function duplicateHost(name: string): EvenkeelError {
  return new EvenkeelError("host-duplicate", `the fleet has two hosts "${name}"`, {
    where: "fleet",
    expected: "one host of each name",
    remedy: "give every host a name of its own",
  });
}
