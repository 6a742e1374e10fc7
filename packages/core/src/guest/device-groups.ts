import { comparePciAddresses, knownPciAddressParts } from "../topology/pci-address.ts";
import type { Plan, PlanDevice } from "../plan/plan.ts";
import { at } from "../unit/list.ts";
import type { PcieLink } from "../topology/topology.ts";
import type { PassedFunction } from "./guest.ts";

/** One device of the host as it goes to the guest: functions that share a slot, behind one port. */
export interface DeviceGroup {
  readonly cell: number;
  /** In the order of their numbers in the guest. */
  readonly functions: readonly GroupFunction[];
}

export interface GroupFunction {
  readonly function: number;
  readonly role: PassedFunction["role"];
  readonly hostAddress: string;
  /** The plan's device that it is, or that it goes along with. */
  readonly device: PlanDevice;
}

/**
 * All that a plan passes through, as devices.
 *
 * Functions of one slot on the host are one device there (a GPU with its sound and USB functions, a
 * NIC's two ports), and their drivers find one another by it, so they share a slot in the guest.
 * They keep their numbers; but a slot is found by its function 0 alone, so where that one stays
 * with the host the others are numbered anew from 0. A companion in another slot is a device of its
 * own.
 *
 * Devices come in the plan's order, each followed by its companions' slots.
 */
export function deviceGroups(plan: Pick<Plan, "devices">): readonly DeviceGroup[] {
  const groups = new Map<string, GroupMember[]>();
  for (const device of plan.devices) {
    const members: readonly GroupMember[] = [
      { role: device.kind, hostAddress: device.address, device },
      ...device.companions.map((hostAddress) => ({
        role: "companion" as const,
        hostAddress,
        device,
      })),
    ];
    for (const member of members) {
      const key = `${device.cell} ${member.hostAddress.slice(0, -2)}`;
      groups.set(key, [...(groups.get(key) ?? []), member]);
    }
  }
  return [...groups.values()].map((members) => ({
    cell: at(members, 0).device.cell,
    functions: numbered(members),
  }));
}

/**
 * The link of functions that share a slot, which have one: any of the plan's devices among them
 * tells it. Of companions in a slot of their own the plan does not know it: null.
 */
export function linkOfSlot(functions: readonly GroupFunction[]): PcieLink | null {
  const sameSlot = ({ hostAddress, device }: GroupFunction): boolean =>
    hostAddress.slice(0, -2) === device.address.slice(0, -2);
  const links = functions.filter(sameSlot).map(({ device }) => device.link);
  return links.find((link) => link !== null) ?? null;
}

type GroupMember = Omit<GroupFunction, "function">;

function numbered(members: readonly GroupMember[]): readonly GroupFunction[] {
  const sorted = members.toSorted((a, b) => comparePciAddresses(a.hostAddress, b.hostAddress));
  const numberOnHost = ({ hostAddress }: GroupMember): number =>
    knownPciAddressParts(hostAddress).function;
  const kept = numberOnHost(at(sorted, 0)) === 0;
  return sorted.map((member, i) => ({ ...member, function: kept ? numberOnHost(member) : i }));
}
