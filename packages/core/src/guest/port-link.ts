import type { PcieLink } from "../topology/topology.ts";

/**
 * The link that a root port says it can have (LnkCap); null leaves QEMU's own value, which is no
 * fact about the device.
 *
 * Drivers in the guest take the slower of port and device for the link, and size their copy engines
 * by it (https://github.com/NVIDIA/open-gpu-kernel-modules/discussions/1407). Left alone, QEMU's
 * port says 16 GT/s and 32 lanes, whatever is behind it: too little for a device of generation 5,
 * too much for most others.
 */
export interface PortLink {
  readonly speedGTs: number | null;
  readonly width: number | null;
}

/** The widths that PCIe knows, all of which QEMU's ports take. */
const widths = [1, 2, 4, 8, 12, 16, 32];

/**
 * The port for a link: as fast and wide as the link's maximum, or as the hypervisor's ports can be
 * below it. Null of what is unknown.
 *
 * @param speedsGTs what ports can say, slowest first.
 */
export function portLink(link: PcieLink | null, speedsGTs: readonly number[]): PortLink {
  return {
    speedGTs: greatestUpTo(speedsGTs, link?.maxSpeedGTs ?? null),
    width: greatestUpTo(widths, link?.maxWidth ?? null),
  };
}

/** What QEMU calls it: the properties of `pcie-root-port`, whose values are names. */
export function portProperties({ speedGTs, width }: PortLink): Readonly<Record<string, string>> {
  return {
    ...(speedGTs === null ? {} : { "x-speed": `${speedGTs}`.replace(".", "_") }),
    ...(width === null ? {} : { "x-width": `${width}` }),
  };
}

function greatestUpTo(offered: readonly number[], most: number | null): number | null {
  return most === null ? null : (offered.findLast((one) => one <= most) ?? null);
}
