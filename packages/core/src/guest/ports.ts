import type { DeviceGroup } from "./device-groups.ts";

/**
 * How the guest's PCI tree shows what the host's devices share:
 *
 * - `ports`: a root port for each device, which says the greatest speed and width of its link as
 *   far as QEMU's ports can (`port-link.ts`). The guest does not see which devices share a switch;
 *   the NCCL file says it instead.
 * - `switches`: devices that share a switch on the host share an emulated one, so the guest's own
 *   tools see them one switch apart (PIX). The emulated ports report 2.5 GT/s and one lane whatever
 *   the device runs at (https://gitlab.com/qemu-project/qemu/-/issues/4409). A tool that takes a
 *   link to be as slow as its slowest part believes that; the data moves at the real speed.
 */
export const pciForms = ["ports", "switches"] as const;
/** What devices sit behind. */
export type PciForm = (typeof pciForms)[number];

/** The devices behind one root port: one device, or those that share a switch. */
export interface RootPortGroup {
  /** The upstream port of the host's switch; null of a device by itself. */
  readonly switch: string | null;
  readonly groups: readonly DeviceGroup[];
}

/**
 * Divides a cell's devices over root ports, in the order of each one's first device. A switch with
 * one device below it would hide its speed and show nothing. Of nested switches only the nearest is
 * shown.
 */
export function rootPortGroups(
  groups: readonly DeviceGroup[],
  form: PciForm,
): readonly RootPortGroup[] {
  const alone = (group: DeviceGroup): RootPortGroup => ({ switch: null, groups: [group] });
  if (form === "ports") return groups.map(alone);
  const bySwitch = Map.groupBy(groups, switchAbove);
  return groups.flatMap((group) => {
    const above = switchAbove(group);
    const sharing = bySwitch.get(above) ?? [];
    if (above === null || sharing.length === 1) return [alone(group)];
    return sharing[0] === group ? [{ switch: above, groups: sharing }] : [];
  });
}

function switchAbove({ functions }: DeviceGroup): string | null {
  return functions[0]?.device.switch ?? null;
}
