import type { Plan } from "../plan/plan.ts";
import { formatBytes, GiB, MiB, TiB } from "../unit/bytes.ts";
import { type DeviceGroup, deviceGroups, type GroupFunction } from "./device-groups.ts";
import type { GuestArchitecture } from "./guest.ts";
import type { HypervisorLimits } from "./limits.ts";
import { type PciForm, type RootPortGroup, rootPortGroups } from "./ports.ts";
import { unsupported } from "./unsupported.ts";
import { sumOf } from "../unit/sum.ts";

/**
 * The size of the 64-bit PCI window that the devices need, and the address width that the guest
 * needs for it.
 */
export interface MmioWindow {
  /** A power of two; null without devices, where the machine's own serves. */
  readonly bytes: number | null;
  readonly addressBits: number;
}

/** A bridge forwards whole MiB (PCI-to-PCI Bridge Architecture 1.2, 3.2.5). */
const BRIDGE_GRANULE_BYTES = MiB;

/**
 * The size assumed for a device with unknown BARs: the largest memory that a GPU commonly maps
 * (H200 and B200, 256 GiB), and a NIC's registers with room to spare.
 */
const unknownBarBytes = { accelerator: 256 * GiB, nic: 64 * MiB } as const;
/** Sound, USB and serial functions of a GPU, or another port of a NIC. */
const COMPANION_BAR_BYTES = 64 * MiB;

/**
 * The window is sized for the worst place that firmware may find for everything in it:
 *
 * - a BAR lies at a multiple of its size, a power of two; largest first they follow each other
 *   without a gap, and the largest sets the alignment of the port's window;
 * - firmware sorts a bus's ports by alignment (SeaBIOS, edk2 and Linux all do), so they are packed
 *   in that order: eight GPUs of 128 GiB and a few MiB take 256 GiB each but for the last;
 * - a switch's window holds those of its ports, packed in the same way;
 * - in which order it serves the expanders is its own affair: each is rounded up to the largest
 *   alignment of all, so that any order fits;
 * - the sum is rounded up to a power of two, and edk2 puts the window at a multiple of its size.
 *
 * BARs below 4 GiB are counted too, since a plan does not tell which those are; address space costs
 * nothing. Memory and window together give the number of physical address bits that the host's
 * CPUs must have. On hosts with AMD CPUs memory that would reach the last 12 GiB below 1 TiB starts
 * at 1 TiB instead (QEMU's hw/i386/pc.c); as a plan does not tell the CPU, that is assumed of all.
 *
 * Cost: devices × log(devices).
 */
export function mmioWindow(
  plan: Pick<Plan, "devices">,
  memoryBytes: number,
  architecture: GuestArchitecture,
  limits: HypervisorLimits,
  note: (text: string) => void,
  form: PciForm = "ports",
): MmioWindow {
  const groups = deviceGroups(plan);
  noteUnknown(plan, note);
  const needed = neededBytes(groups, form);
  const { leastBytes, adjustable } = limits.pciWindow[architecture];
  if (!adjustable && needed > leastBytes) {
    throw unsupported(
      "devices",
      `the devices' memory needs a PCI window of ${formatBytes(needed)}`,
      `at most ${formatBytes(leastBytes)}, which is fixed on ${architecture} in ${limits.name}`,
      "ask for fewer accelerators, or render with the limits of a later hypervisor",
    );
  }
  // Never less than the machine's own, so that the platform's devices find room as well.
  const bytes = powerOfTwo(Math.max(needed, leastBytes));
  const end = windowEnd(memoryBytes, bytes, architecture);
  const addressBits = Math.ceil(Math.log2(end));
  const most = limits.addressBits[architecture];
  if (addressBits > most) {
    throw unsupported(
      "devices",
      `${formatBytes(memoryBytes)} of memory and a PCI window of ${formatBytes(bytes)} ` +
        `need ${addressBits} physical address bits`,
      `at most ${most}, which is all that UEFI firmware maps`,
      "ask for fewer accelerators or less memory",
    );
  }
  return { bytes: groups.length === 0 ? null : bytes, addressBits };
}

/** The least multiple of a number that is no less than the value. */
const roundUp = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;

/** The least power of two that is no less than the value, which is positive. */
function powerOfTwo(value: number): number {
  const power = 2 ** Math.round(Math.log2(value));
  return power < value ? power * 2 : power;
}

interface Extent {
  readonly bytes: number;
  readonly alignment: number;
}

function neededBytes(groups: readonly DeviceGroup[], form: PciForm): number {
  const expanders = [...Map.groupBy(groups, ({ cell }) => cell).values()].map((own) =>
    packed(rootPortGroups(own, form).map(rootPortExtent)),
  );
  const largest = Math.max(1, ...expanders.map(({ alignment }) => alignment));
  return sumOf(expanders, ({ bytes }) => roundUp(bytes, largest));
}

function rootPortExtent({ groups }: RootPortGroup): Extent {
  return packed(groups.map(portExtent));
}

function portExtent({ functions }: DeviceGroup): Extent {
  const bars = functions.flatMap(barsOf).map((bytes) => {
    const size = powerOfTwo(Math.max(bytes, 1));
    return { bytes: size, alignment: size };
  });
  const { bytes, alignment } = packed(bars);
  return {
    bytes: Math.max(roundUp(bytes, BRIDGE_GRANULE_BYTES), BRIDGE_GRANULE_BYTES),
    alignment: Math.max(alignment, BRIDGE_GRANULE_BYTES),
  };
}

/** What extents take one after another, the most aligned first. */
function packed(extents: readonly Extent[]): Extent {
  const sorted = extents.toSorted((a, b) => b.alignment - a.alignment);
  const bytes = sorted.reduce((at, extent) => roundUp(at, extent.alignment) + extent.bytes, 0);
  return { bytes, alignment: Math.max(1, ...extents.map(({ alignment }) => alignment)) };
}

/**
 * A companion's BARs are not in a plan. One in the device's own slot is a small function of it; one
 * in another slot shares its IOMMU group for want of isolation, and may be its equal.
 */
function barsOf({ role, hostAddress, device }: GroupFunction): readonly number[] {
  const own = device.barBytes ?? [unknownBarBytes[device.kind]];
  if (role !== "companion") return own;
  const sameSlot = hostAddress.slice(0, -2) === device.address.slice(0, -2);
  return sameSlot ? [COMPANION_BAR_BYTES] : [...own, COMPANION_BAR_BYTES];
}

function noteUnknown({ devices }: Pick<Plan, "devices">, note: (text: string) => void): void {
  for (const { address, kind, barBytes } of devices) {
    if (barBytes !== null) continue;
    const taken = formatBytes(unknownBarBytes[kind]);
    note(`the BARs of ${address} are unknown: its window has room for ${taken}`);
  }
}

const AMD_HOLE_START_BYTES = TiB - 12 * GiB;

/** The end of the window when it lies at the next multiple of its size above all memory. */
function windowEnd(memoryBytes: number, window: number, architecture: GuestArchitecture): number {
  // Below 4 GiB lies the 32-bit window, so memory may reach as much higher.
  const end = roundUp(memoryBytes + 4 * GiB, window) + window;
  if (architecture !== "x86_64" || end < AMD_HOLE_START_BYTES) return end;
  return roundUp(memoryBytes + TiB, window) + window;
}
