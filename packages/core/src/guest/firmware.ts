import { GiB, MiB } from "../unit/bytes.ts";
import type { Guest } from "./guest.ts";
import type { Firmware, HypervisorOptions } from "./options.ts";
import { unsupported } from "./unsupported.ts";

/**
 * What starts a guest: UEFI unless asked otherwise, because large GPU BARs need firmware that
 * places them above 4 GiB.
 *
 * Errors: `render-unsupported` for a BIOS where there is none.
 */
export function firmwareOf({ architecture }: Guest, options: HypervisorOptions): Firmware {
  const firmware = options.firmware ?? "efi";
  if (firmware === "efi" || architecture === "x86_64") return firmware;
  throw unsupported(
    "architecture",
    `there is no BIOS on ${architecture}`,
    "UEFI firmware",
    'render with firmware "efi"',
  );
}

/** The 64-bit PCI windows of OVMF (PcdPciMmio64Size) and of QEMU's `virt` machine by themselves. */
const OVMF_WINDOW_BYTES = 32 * GiB;
const VIRT_WINDOW_BYTES = 512 * GiB;

/**
 * The size of the PCI window in QEMU's arguments, as far as firmware must be told or the machine
 * is.
 *
 * OVMF opens an eighth of the address space when it trusts the CPU's width, since November 2022.
 * Earlier, or on narrow CPUs, it must be told, and the larger of the two counts
 * (OvmfPkg/Library/PlatformInitLib/MemDetect.c). On aarch64 the window is the machine's, which QEMU
 * takes in a further `-machine`.
 */
export function windowArguments({ architecture, pci }: Guest, firmware: Firmware): string[] {
  const window = pci.window64Bytes;
  if (window === null) return [];
  switch (architecture) {
    case "x86_64": {
      if (firmware !== "efi" || window <= OVMF_WINDOW_BYTES) return [];
      return ["-fw_cfg", `name=opt/ovmf/X-PciMmio64Mb,string=${window / MiB}`];
    }
    case "aarch64": {
      if (window <= VIRT_WINDOW_BYTES) return [];
      return ["-machine", `highmem-mmio-size=${window / GiB}G`];
    }
  }
}
