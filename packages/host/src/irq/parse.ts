import { isPciAddress } from "@evenkeel/core/topology/pci-address.ts";

/** An interrupt that VFIO has taken for a device. */
export interface VfioInterrupt {
  readonly number: number;
  readonly address: string;
}

/**
 * The interrupts in `/proc/interrupts` that VFIO names after their devices:
 * `vfio-msix[0](0000:21:00.0)`, `vfio-msi[0](…)` and `vfio-intx(…)`
 * (drivers/vfio/pci/vfio_pci_intrs.c). A line has a count for each CPU, so only its two ends are
 * examined.
 */
export function parseInterrupts(text: string): VfioInterrupt[] {
  return text.split("\n", 262_144).flatMap((line) => {
    const number = /^ {0,16}(\d{1,7}):/.exec(line.slice(0, 32))?.[1];
    const name = /vfio-[a-z]{3,5}(?:\[\d{1,5}\])?\(([0-9a-f:.]{7,20})\)\s*$/.exec(
      line.slice(-128),
    )?.[1];
    if (number === undefined || name === undefined || !isPciAddress(name)) return [];
    return [{ number: Number(number), address: name }];
  });
}
