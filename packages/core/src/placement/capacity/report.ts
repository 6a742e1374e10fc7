import type { UntoldFact } from "../../plan/refusal.ts";
import { untoldOf } from "../untold/untold.ts";
import type { Request } from "../../request/request.ts";
import { at } from "../../unit/list.ts";
import type { HostState } from "../../plan/host-state.ts";
import { type Inventory, inventoryOf } from "../inventory/inventory.ts";
import { type Occupancy, type Use, vacated } from "../occupancy/occupancy.ts";
import { occupancyOf } from "../occupancy/occupancy-of-host.ts";
import { useOfPlan } from "../occupancy/use-of-plan.ts";
import { withSellablePages } from "../../plan/sellable-pages.ts";
import { layoutSignature } from "../layout/layout-signature.ts";
import { type Demand, demandOf } from "../host-class/demand.ts";
import { type HostClass, hostClassCache, type HostClasses } from "../host-class/host-classes.ts";
import { type Blockers, findBlockers } from "./blockers.ts";
import { slotCounter } from "./capacity.ts";
import { soldSignatures } from "./sold-signature.ts";
import { sum } from "../../unit/sum.ts";

/** How many more VMs of each flavor fit, by signature. */
export interface CapacityReport {
  /** Over all hosts, in the flavors' order. */
  readonly fleet: readonly FlavorCapacity[];
  readonly hosts: readonly HostCapacity[];
}

/** A flavor's slots: in the signature it is sold in, and in each signature by itself. */
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
  /** The VMs in the way of one more slot; null where no VM is. */
  readonly blockers: Blockers | null;
  /**
   * Where no VM is known to fit, what would have to be told to say so; then `fits` is no count.
   * Empty where it is one.
   */
  readonly untold: readonly UntoldFact[];
}

/** How many more VMs of one signature fit, now and on empty hosts. */
export interface ClassCapacity {
  readonly signature: string;
  readonly signatureText: string;
  /** Whether it is the flavor's own: its given signature, otherwise the best on an empty host. */
  readonly own: boolean;
  readonly fits: number;
  readonly most: number;
  /** Whether both are certain; otherwise they are lower bounds (`slotCounter`). */
  readonly exact: boolean;
}

/** A flavor may have as many signatures as a host has places for it; only the first are counted. */
const signaturesMax = 8;

/**
 * Counts exactly how many more VMs of each flavor fit: the maximum over every order and every
 * choice of places (`capacity.ts`), by signature, since VMs of different signatures run
 * differently.
 *
 * A flavor with a signature is counted in it. A flavor without one is counted in every signature
 * that its next VM could get (the first few, best first); it is sold in the signature that its
 * first VM on an empty host would get. Each count assumes that nothing else arrives: flavors share
 * the hosts. Hosts of one class are counted once.
 */
export function capacityReport(
  hosts: readonly HostState[],
  flavors: readonly Request[],
): CapacityReport {
  const members = hosts.map(memberOf);
  const flavorOf = flavorCapacities(hostClassCache());
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
  readonly host: HostState;
  readonly inventory: Inventory;
  readonly occupancy: Occupancy;
  readonly vms: readonly { readonly name: string; readonly use: Use }[];
}

function memberOf(host: HostState): Member {
  const inventory = inventoryOf(withSellablePages(host), host.policy);
  return {
    name: host.topology.name,
    host,
    inventory,
    occupancy: occupancyOf(inventory, host),
    vms: host.taken.map((plan) => ({ name: plan.vm, use: useOfPlan(inventory, plan) })),
  };
}

const nameOf = (flavor: Request): string => flavor.flavor ?? flavor.name;

function flavorCapacities(
  hostClasses: HostClasses,
): (member: Member, flavor: Request) => HostFlavor {
  const countSlots = slotCounter(hostClasses);
  const soldSignature = soldSignatures(hostClasses);
  return ({ host, inventory, occupancy, vms }, flavor) => {
    const hostClass = hostClasses.of(inventory, occupancy);
    const empty = hostClasses.emptied(hostClass);
    const own = soldSignature(hostClass, demandOf(flavor));
    const found = signatureTexts(hostClasses, [empty, hostClass], flavor, own);
    const classes = [...found].map(([signature, signatureText]): ClassCapacity => {
      const demand = demandOf(flavor, signature);
      const [now, atMost] = [countSlots(hostClass, demand), countSlots(empty, demand)];
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
      return own === null ? 0 : countSlots(hostClasses.transient(inventory, left), own).slots;
    };
    const names = vms.map(({ name }) => name);
    const blockers = fits < most && vms.length > 0 ? findBlockers(names, fits, slotsWithout) : null;
    const untold = fits > 0 ? [] : untoldOf(host, flavor);
    return { flavor: nameOf(flavor), fits, most, classes: ownFirst(classes), blockers, untold };
  };
}

/** The flavor's own signature, and those that its next VM could get, each with its text. */
function signatureTexts(
  hostClasses: HostClasses,
  [empty, now]: readonly [HostClass, HostClass],
  flavor: Request,
  own: Demand | null,
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  if (own !== null && own.only !== null) {
    const best = hostClasses.best(empty, own);
    const signed = best && layoutSignature(hostClasses.space(empty, own), best.layout);
    found.set(own.only, signed?.signatureText ?? "nothing that this kind of host has");
  }
  if (flavor.signature !== null) return found;
  const demand = demandOf(flavor);
  const space = hostClasses.space(now, demand);
  for (const { layout } of hostClasses.successors(now, demand).successors) {
    const { signature, signatureText } = layoutSignature(space, layout);
    found.set(signature, signatureText);
    if (found.size >= signaturesMax) break;
  }
  return found;
}

/** The flavor's own signature first, then those with the most slots. */
function ownFirst(classes: readonly ClassCapacity[]): readonly ClassCapacity[] {
  return classes.toSorted(
    (a, b) =>
      Number(b.own) - Number(a.own) ||
      b.fits - a.fits ||
      b.most - a.most ||
      (a.signature < b.signature ? -1 : 1),
  );
}

/** A flavor's slots on several hosts together. */
function inAll(flavor: string, parts: readonly HostFlavor[]): FlavorCapacity {
  const bySignature = Map.groupBy(
    parts.flatMap((part) => part.classes),
    ({ signature }) => signature,
  );
  const classes = [...bySignature].map(([signature, same]): ClassCapacity => {
    const described = same.find(({ most, fits }) => most + fits > 0) ?? at(same, 0);
    return {
      signature,
      signatureText: described.signatureText,
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
    classes: ownFirst(classes),
  };
}
