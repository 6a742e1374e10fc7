import type { GuestPort } from "../../evidence/guest-report.ts";
import type { PciDevice, Topology } from "../../topology/topology.ts";

/** Guests have a switch or two above a device; a longer way is a circle. */
const DEPTH_MAX = 16;

/** Looks up the guest's ports above a function, the nearest first. */
export function portsAbove(ports: readonly GuestPort[]): (address: string) => readonly GuestPort[] {
  const portOf = new Map(ports.flatMap((port) => port.below.map((one) => [one, port] as const)));
  return (address) => {
    const above: GuestPort[] = [];
    let port = portOf.get(address);
    while (port !== undefined && above.length < DEPTH_MAX) {
      above.push(port);
      port = portOf.get(port.address);
    }
    return above;
  };
}

/** The speed and width of a link; null of what is unknown. */
export interface LinkLimit {
  readonly speedGTs: number | null;
  readonly width: number | null;
}

/**
 * The most that links of the host let one of these devices have: the least of its own maximum and
 * that of the port above it. A device of generation 5 in a slot of generation 4 has 16 GT/s.
 */
export function linkOnHost(
  devices: readonly PciDevice[],
  { pci }: Pick<Topology, "pci">,
): LinkLimit {
  const all = devices.flatMap(({ link, parent }) => {
    const port = pci.find(({ address }) => address === parent);
    return [link, port?.link ?? null];
  });
  return {
    speedGTs: least(all.map((link) => link?.maxSpeedGTs ?? null)),
    width: least(all.map((link) => link?.maxWidth ?? null)),
  };
}

/** The least that is known; null where nothing is. */
export function least(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.min(...known);
}

/** `32 GT/s x16`. */
export function shownLink({ speedGTs, width }: LinkLimit): string {
  const parts = [
    ...(speedGTs === null ? [] : [`${speedGTs} GT/s`]),
    ...(width === null ? [] : [`x${width}`]),
  ];
  return parts.length === 0 ? "unknown" : parts.join(" ");
}
