import type { Plan } from "../placement/plan.ts";
import { type DeviceGroup, deviceGroups } from "./device-groups.ts";
import type { PciExpander, PciPort } from "./guest.ts";
import type { HypervisorLimits } from "./limits.ts";
import { unsupported } from "./unsupported.ts";

/**
 * The guest's PCI buses: for each cell that has devices an expander bus that belongs to it, on it
 * a root port for each device, and behind the port the device in slot 0. A device on the expander's
 * own bus, or on bus 0, would be a root complex's integrated endpoint, which GPU drivers refuse.
 *
 * Bus numbers: the one domain has 256. An expander takes the number it is given and its ports the
 * numbers that follow, one each, as firmware walks a bus by slots; all of it must end before the
 * next expander's number (QEMU's docs/pci_expander_bridge.txt). So expanders are packed against the
 * end, in the order of their cells, and everything below the first is bus 0's. Ports are not made
 * for hot plugging, so firmware keeps no numbers back, and a device's bus in the guest is known here.
 *
 * Controllers are numbered expanders first, then ports, since a port names its expander by number.
 *
 * Errors: `render-unsupported` when slots, buses or expanders do not suffice.
 */
export function pciExpanders(
  plan: Pick<Plan, "devices">,
  limits: HypervisorLimits,
): readonly PciExpander[] {
  const byCell = Map.groupBy(deviceGroups(plan), ({ cell }) => cell);
  const cells = [...byCell].toSorted(([a], [b]) => a - b);
  checkCounts(cells, limits);
  const wanted = cells.reduce((sum, [, groups]) => sum + 1 + groups.length, 0);
  let bus = limits.buses - wanted;
  let portIndex = cells.length + 1;
  return cells.map(([cell, groups], i) => {
    const ownBus = bus;
    const ports = groups.map((group, slot) => port(group, slot, ownBus + 1 + slot, portIndex++));
    bus += 1 + ports.length;
    return { index: i + 1, slot: limits.firstExpanderSlot + i, cell, bus: ownBus, ports };
  });
}

function port(group: DeviceGroup, slot: number, bus: number, index: number): PciPort {
  const functions = group.functions.map(({ function: number, role, hostAddress }) => ({
    function: number,
    role,
    hostAddress,
    guestAddress: `0000:${bus.toString(16).padStart(2, "0")}:00.${number}`,
  }));
  return { index, slot, bus, functions };
}

function checkCounts(
  cells: readonly (readonly [number, readonly DeviceGroup[]])[],
  limits: HypervisorLimits,
): void {
  const { portsPerExpander, expanders, buses, rootBuses, name } = limits;
  for (const [cell, groups] of cells) {
    if (groups.length > portsPerExpander) {
      throw unsupported(
        `cells[${cell}]`,
        `cell ${cell} has ${groups.length} devices, each behind a port of its own`,
        `at most ${portsPerExpander} a cell, the slots of an expander bus`,
        "ask for fewer devices, or spread them over more nodes",
      );
    }
  }
  if (cells.length > expanders) {
    throw unsupported(
      "devices",
      `${cells.length} cells have devices, each on an expander bus of its own`,
      `at most ${expanders}, the free slots of ${name}'s bus 0`,
      "ask for fewer devices, so that they lie on fewer nodes",
    );
  }
  const ports = cells.reduce((sum, [, groups]) => sum + groups.length, 0);
  if (cells.length + ports > buses - rootBuses) {
    throw unsupported(
      "devices",
      `${ports} devices on ${cells.length} cells take ${cells.length + ports} buses`,
      `at most ${buses - rootBuses}: of ${buses}, ${rootBuses} stay with bus 0`,
      "ask for fewer devices",
    );
  }
}
