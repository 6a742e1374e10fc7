import { sumOf } from "@evenkeel/core/unit/sum.ts";
import { isPciAddress } from "@evenkeel/core/topology/pci-address.ts";

/** An interrupt that VFIO has taken for a device. */
export interface VfioInterrupt {
  readonly number: number;
  readonly address: string;
  /** How often its line was raised since it was set up, on all CPUs; null where no count stands. */
  readonly raisedCount: number | null;
  /** The names of the others on its line. */
  readonly others: readonly string[];
}

/** A line may have a count for each CPU before its names; the names are at most this long. */
const namesLengthMax = 4096;

/**
 * The interrupts in `/proc/interrupts` that VFIO names after their devices:
 * `vfio-msix[0](0000:21:00.0)`, `vfio-msi[0](…)` and `vfio-intx(…)`
 * (drivers/vfio/pci/vfio_pci_intrs.c). A pin's line may be shared by several devices: it ends in
 * the names of all (kernel/irq/proc.c), `16-fasteoi   ehci_hcd:usb1, vfio-intx(0000:21:00.0)`. A
 * device that shares its line is listed with the names of the others.
 */
export function parseInterrupts(text: string): VfioInterrupt[] {
  return text.split("\n", 262_144).flatMap((line) => {
    const number = /^ {0,16}(\d{1,7}):/.exec(line.slice(0, 32))?.[1];
    const end = line.slice(-namesLengthMax);
    if (number === undefined || !end.includes("vfio-")) return [];
    const raisedCount = sumOfCounts(line);
    const names = namesAt(end);
    return names.flatMap((name, i) => {
      const address = vfioDevice(name);
      if (address === null) return [];
      return [{ number: Number(number), address, raisedCount, others: names.toSpliced(i, 1) }];
    });
  });
}

/** The counts of all CPUs stand between the number and the name of the chip. */
function sumOfCounts(line: string): number | null {
  const counts = /^ {0,16}\d{1,7}:((?: {1,11}\d{1,10}(?= ))+)/.exec(line)?.[1];
  return counts === undefined ? null : sumOf(counts.trim().split(/ +/), Number);
}

/** The names at the end of a line. Two spaces separate the first from what is before it. */
function namesAt(end: string): readonly string[] {
  const [first = "", ...others] = end.trimEnd().split(", ");
  return [first.slice(first.lastIndexOf("  ") + 1).trimStart(), ...others];
}

/** The device that VFIO names an interrupt after; null for the interrupts of other drivers. */
export function vfioDevice(name: string): string | null {
  const address = /(?:^|\s)vfio-[a-z]{3,5}(?:\[\d{1,5}\])?\(([0-9a-f:.]{7,20})\)$/.exec(name)?.[1];
  return address !== undefined && isPciAddress(address) ? address : null;
}
