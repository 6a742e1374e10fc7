import type { Plan } from "../plan/plan.ts";
import type { PcieLink } from "../topology/topology.ts";
import { type DeviceGroup, deviceGroups, linkOfSlot } from "./device-groups.ts";
import type { PciExpander, PciPort } from "./guest.ts";
import type { HypervisorLimits } from "./limits.ts";
import { type PortLink, portLink } from "./port-link.ts";
import { checkPciCounts } from "./pci-counts.ts";
import { type PciForm, type RootPortGroup, rootPortGroups } from "./ports.ts";
import { sum, sumOf } from "../unit/sum.ts";

/**
 * The guest's PCI buses: for each cell that has devices an expander bus that belongs to it, on it a
 * root port for each device, and behind the port the device in slot 0; or, where the form asks for
 * switches, one for all devices that share a switch, and behind it the switch. A device on the
 * expander's own bus, or on bus 0, would be a root complex's integrated endpoint, which GPU drivers
 * refuse.
 *
 * Bus numbers: the one domain has 256. An expander takes the number it is given and what is below
 * it the numbers that follow, as firmware walks a bus by slots and goes down at once: a port takes
 * one for the bus behind it, and a switch one for the bus within and one for each of its ports. All
 * of it must end before the next expander's number (QEMU's docs/pci_expander_bridge.txt). So
 * expanders are packed against the end, in the order of their cells, and everything below the first
 * is bus 0's. Ports are not made for hot plugging, so firmware keeps no numbers back, and a
 * device's bus in the guest is known here.
 *
 * Controllers are numbered expanders first, then ports and switches from the top down, since each
 * names the one above it by number and libvirt makes them in that order.
 *
 * Errors: `render-unsupported` when slots, buses or expanders do not suffice.
 */
export function pciExpanders(
  plan: Pick<Plan, "devices">,
  limits: HypervisorLimits,
  form: PciForm = "ports",
): readonly PciExpander[] {
  const byCell = Map.groupBy(deviceGroups(plan), ({ cell }) => cell);
  const cells = [...byCell]
    .toSorted(([a], [b]) => a - b)
    .map(([cell, groups]) => ({ cell, ports: rootPortGroups(groups, form) }));
  const used = cells.map(({ ports }) => 1 + sumOf(ports, busesOf));
  checkPciCounts(cells, used, limits);
  const first = limits.buses - sum(used);
  const numbers = { bus: first, index: cells.length + 1 };
  return cells.map(({ cell, ports }, i) => ({
    index: i + 1,
    slot: limits.firstExpanderSlot + i,
    cell,
    bus: numbers.bus++,
    ports: ports.map((port, slot) => rootPort(port, slot, numbers, limits)),
  }));
}

/** The next numbers that are free, as a walk from the top down gives them out. */
interface Numbers {
  bus: number;
  index: number;
}

function busesOf(port: RootPortGroup): number {
  return port.switch === null ? 1 : 2 + port.groups.length;
}

function rootPort(
  group: RootPortGroup,
  slot: number,
  numbers: Numbers,
  limits: HypervisorLimits,
): PciPort {
  const link = portLink(linkBehind(group), limits.portSpeedsGTs);
  if (group.switch === null) return devicePort(group.groups[0], slot, numbers, link);
  const bus = numbers.bus++;
  const index = numbers.index++;
  const within = {
    index: numbers.index++,
    bus: numbers.bus++,
    guestAddress: guestAddress(bus, 0),
    hostAddress: group.switch,
  };
  const ports = group.groups.map((each, at) => devicePort(each, at, numbers, null));
  return { index, slot, bus, link, functions: [], switch: { ...within, ports } };
}

/** The link of what is behind a root port: the switch's, or the device's. */
function linkBehind(group: RootPortGroup): PcieLink | null {
  const functions = group.groups.flatMap((each) => each.functions);
  if (group.switch === null) return linkOfSlot(functions);
  const switches = functions.flatMap(({ device }) => device.switches ?? []);
  return switches.find(({ address }) => address === group.switch)?.link ?? null;
}

function devicePort(
  group: DeviceGroup | undefined,
  slot: number,
  numbers: Numbers,
  link: PortLink | null,
): PciPort {
  const bus = numbers.bus++;
  const functions = (group?.functions ?? []).map((each) => ({
    ...each,
    guestAddress: guestAddress(bus, each.function),
  }));
  return { index: numbers.index++, slot, bus, link, functions, switch: null };
}

function guestAddress(bus: number, fn: number): string {
  return `0000:${bus.toString(16).padStart(2, "0")}:00.${fn}`;
}
