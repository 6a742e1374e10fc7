import { GiB } from "../unit/bytes.ts";
import type { GuestArchitecture } from "./guest.ts";

/** How much of each thing a guest can have. */
export interface HypervisorLimits {
  /** What they are the limits of, for messages. */
  readonly name: string;
  readonly cells: number;
  readonly vcpus: Readonly<Record<GuestArchitecture, number>>;
  /** Above this many vCPUs an x86 guest needs x2APIC and interrupt remapping. */
  readonly xapicVcpus: number;
  /** Bus numbers of the one PCI domain. */
  readonly buses: number;
  /**
   * Of those, kept below the first expander for the platform's own disks, networks and consoles.
   */
  readonly rootBuses: number;
  readonly portsPerExpander: number;
  /** The speeds that a root port can say its link has, slowest first. */
  readonly portSpeedsGTs: readonly number[];
  readonly expanders: number;
  /** The first of as many slots on bus 0 that expanders take. */
  readonly firstExpanderSlot: number;
  readonly pciWindow: Readonly<Record<GuestArchitecture, PciWindowLimits>>;
  /** The widest physical address that the usual UEFI firmware maps. */
  readonly addressBits: Readonly<Record<GuestArchitecture, number>>;
  /** libvirt rounds every cell up to this, so that what is not a multiple would grow. */
  readonly memoryGranuleBytes: number;
}

/**
 * The 64-bit PCI window that the machine has by itself, and whether it can be told to have a larger
 * one.
 */
export interface PciWindowLimits {
  readonly leastBytes: number;
  readonly adjustable: boolean;
}

/**
 * QEMU 7.2 and libvirt 9.0 with its `q35` and `virt` machines, as Debian 12 has them; every one is
 * held against the programs themselves in `test/libvirt`.
 *
 * - `cells`: MAX_NODES in QEMU's include/sysemu/numa.h.
 * - `vcpus`: max_cpus of the machines in hw/i386/pc_q35.c and hw/arm/virt.c; later ones
 *   of x86 have more (`versions.ts`).
 * - `buses`: even with expanders there is one PCI domain (QEMU's docs/pcie.txt and
 *   docs/pci_expander_bridge.txt). libvirt takes an expander's own bus from 1 to 254.
 * - `portsPerExpander`: the slots of a bus. An expander's bus has no device of its own in any, so
 *   slot 0 is as good as the others.
 * - `portSpeedsGTs`: PCIELinkSpeed in qapi/common.json, the values of a root port's `x-speed`;
 *   later releases have more (`versions.ts`).
 * - `expanders`: those of bus 0's 32 slots that the host bridge (0), the primary display (1) and
 *   the chipset (26 to 31) do not claim, less one for the platform's own ports.
 * - `pciWindow`: pci-hole64-size in hw/pci-host/q35.c; VIRT_HIGH_PCIE_MMIO in hw/arm/virt.c.
 * - `addressBits`: edk2's OvmfPkg/Library/PlatformInitLib/MemDetect.c goes no further than 46 bits.
 */
export const qemu72: HypervisorLimits = {
  name: "QEMU 7.2 under libvirt 9.0",
  cells: 128,
  vcpus: { x86_64: 288, aarch64: 512 },
  xapicVcpus: 255,
  buses: 256,
  rootBuses: 32,
  portsPerExpander: 32,
  portSpeedsGTs: [2.5, 5, 8, 16],
  expanders: 23,
  firstExpanderSlot: 2,
  pciWindow: {
    x86_64: { leastBytes: 32 * GiB, adjustable: true },
    aarch64: { leastBytes: 512 * GiB, adjustable: false },
  },
  addressBits: { x86_64: 46, aarch64: 48 },
  memoryGranuleBytes: 1024 * 1024,
};
