import type { Request } from "../../request/request.ts";
import { at } from "../../unit/list.ts";
import type { HostState } from "../../plan/host-state.ts";
import { type Inventory, inventoryOf } from "../inventory/inventory.ts";
import { type Occupancy, type Use, vacated } from "../occupancy/occupancy.ts";
import { occupancyOf, useOfPlan } from "../occupancy/plan-use.ts";
import { settledTopology } from "../../plan/settled.ts";
import { layoutSignature } from "../layout/layout-signature.ts";
import { type Demand, demandOf } from "../host-class/demand.ts";
import { type HostClass, hostClassBook, type HostClasses } from "../host-class/host-classes.ts";
import { type Blockers, findBlockers } from "./blockers.ts";
import { boundedCapacities } from "./capacity.ts";
import { soldSignatures } from "./sold-signature.ts";

/** How many more VMs of each flavor fit, and of what class. */
export interface CapacityReport {
  /** Over all hosts, in the flavors' order. */
  readonly fleet: readonly FlavorCapacity[];
  readonly hosts: readonly HostCapacity[];
}

/** A flavor's slots, in all hosts together: in the signature it is sold in, and in each signature by itself. */
export interface FlavorCapacity {
  readonly flavor: string;
  readonly fits: number;
  readonly most: number;
  readonly classes: readonly ClassCapacity[];
}

/** How many more VMs of each flavor fit on one host. */
export interface HostCapacity {
  readonly host: string;
  readonly flavors: readonly HostFlavor[];
}

/** How many more VMs of a flavor fit on one host, and what is in the way. */
export interface HostFlavor extends FlavorCapacity {
  /** What stands in the way of one more of the signature it is sold in; null where nothing that could leave does. */
  readonly blockers: Blockers | null;
}

/** How many more of one class fit, now and were the hosts empty. */
export interface ClassCapacity {
  readonly signature: string;
  readonly signatureText: string;
  /** Whether this is what the flavor is sold in: its signature, else the best on an empty host. */
  readonly own: boolean;
  readonly fits: number;
  readonly most: number;
  /** Whether both are certain; else so many fit at least (`boundedCapacities`). */
  readonly exact: boolean;
}

/** A flavor could have as many classes as a host has ways to hold it; the first are counted. */
const classesMax = 8;

/**
 * How many more VMs of each flavor fit, exactly: the most that any order and any choice of places
 * could reach (`capacity.ts`), counted by signature, for VMs of different signatures run differently.
 *
 * A flavor with a signature is counted in that one. One without is counted in every class that the
 * next VM of it could be given (the first few, best first), and the signature that it is sold in is the one that its first VM on
 * an empty host would get.
 * Each count is what would fit if nothing else came: flavors share what there is. Hosts in the same
 * host class are worked out once.
 */
export function capacityReport(
  hosts: readonly HostState[],
  flavors: readonly Request[],
): CapacityReport {
  const members = hosts.map(memberOf);
  const flavorOf = flavorCapacities(hostClassBook());
  const reports = members.map((member): HostCapacity => ({
    host: member.name,
    flavors: flavors.map((flavor) => flavorOf(member, flavor)),
  }));
  const fleet = flavors.map((flavor, i) =>
    inAll(
      nameOf(flavor),
      reports.map((report) => at(report.flavors, i)),
    ),
  );
  return { fleet, hosts: reports };
}

interface Member {
  readonly name: string;
  readonly inventory: Inventory;
  readonly occupancy: Occupancy;
  readonly vms: readonly { readonly name: string; readonly use: Use }[];
}

function memberOf(host: HostState): Member {
  const inventory = inventoryOf(settledTopology(host), host.policy);
  return {
    name: host.topology.name,
    inventory,
    occupancy: occupancyOf(inventory, host.taken),
    vms: host.taken.map((plan) => ({ name: plan.vm, use: useOfPlan(inventory, plan) })),
  };
}

const nameOf = (flavor: Request): string => flavor.flavor ?? flavor.name;

function flavorCapacities(
  hostClasses: HostClasses,
): (member: Member, flavor: Request) => HostFlavor {
  const counted = boundedCapacities(hostClasses);
  const soldSignature = soldSignatures(hostClasses);
  return ({ inventory, occupancy, vms }, flavor) => {
    const hostClass = hostClasses.of(inventory, occupancy);
    const empty = hostClasses.emptied(hostClass);
    const own = soldSignature(hostClass, demandOf(flavor));
    const found = classesOf(hostClasses, [empty, hostClass], flavor, own);
    const classes = [...found].map(([signature, signatureText]): ClassCapacity => {
      const demand = demandOf(flavor, signature);
      const [now, atMost] = [counted(hostClass, demand), counted(empty, demand)];
      return {
        signature,
        signatureText,
        own: signature === own?.only,
        fits: now.slots,
        most: atMost.slots,
        exact: now.exact && atMost.exact,
      };
    });
    const { fits, most } = classes.find((entry) => entry.own) ?? { fits: 0, most: 0 };
    const slotsWithout = (gone: readonly number[]): number => {
      const left = gone.reduce(
        (before, vm) => vacated(inventory, before, at(vms, vm).use),
        occupancy,
      );
      return own === null ? 0 : counted(hostClasses.passing(inventory, left), own).slots;
    };
    const names = vms.map(({ name }) => name);
    const blockers = fits < most && vms.length > 0 ? findBlockers(names, fits, slotsWithout) : null;
    return { flavor: nameOf(flavor), fits, most, classes: told(classes), blockers };
  };
}

/** The flavor's own class, and those that its next VM could be given; with what each is in words. */
function classesOf(
  hostClasses: HostClasses,
  [empty, now]: readonly [HostClass, HostClass],
  flavor: Request,
  own: Demand | null,
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  if (own !== null && own.only !== null) {
    const best = hostClasses.best(empty, own);
    const known = best && layoutSignature(hostClasses.space(empty, own), best.layout);
    found.set(own.only, known?.signatureText ?? "nothing that this kind of host has");
  }
  if (flavor.signature !== null) return found;
  const demand = demandOf(flavor);
  const space = hostClasses.space(now, demand);
  for (const { layout } of hostClasses.all(now, demand).steps) {
    const { signature, signatureText } = layoutSignature(space, layout);
    found.set(signature, signatureText);
    if (found.size >= classesMax) break;
  }
  return found;
}

function told(classes: readonly ClassCapacity[]): readonly ClassCapacity[] {
  return classes.toSorted(
    (a, b) =>
      Number(b.own) - Number(a.own) ||
      b.fits - a.fits ||
      b.most - a.most ||
      (a.signature < b.signature ? -1 : 1),
  );
}

/** What several hosts have together. */
function inAll(flavor: string, parts: readonly HostFlavor[]): FlavorCapacity {
  const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);
  const bySignature = Map.groupBy(
    parts.flatMap((part) => part.classes),
    ({ signature }) => signature,
  );
  const classes = [...bySignature].map(([signature, same]): ClassCapacity => {
    const known = same.find(({ most, fits }) => most + fits > 0) ?? at(same, 0);
    return {
      signature,
      signatureText: known.signatureText,
      own: same.some(({ own }) => own),
      fits: sum(same.map(({ fits }) => fits)),
      most: sum(same.map(({ most }) => most)),
      exact: same.every(({ exact }) => exact),
    };
  });
  return {
    flavor,
    fits: sum(parts.map(({ fits }) => fits)),
    most: sum(parts.map(({ most }) => most)),
    classes: told(classes),
  };
}
