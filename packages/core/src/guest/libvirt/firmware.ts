import { GiB, MiB } from "../../unit/bytes.ts";
import { element, type XmlElement } from "../../xml/element.ts";
import type { Guest } from "../guest.ts";

export type Firmware = "efi" | "bios";

/**
 * The machine and its firmware. UEFI, because large GPU BARs need firmware that places them above
 * 4 GiB; libvirt picks the image. Secure boot is ruled out rather than left to the order of the
 * host's firmware descriptions, since it asks for signed GPU drivers.
 */
export function osElement({ architecture }: Guest, firmware: Firmware): XmlElement {
  const machine = { x86_64: "q35", aarch64: "virt" }[architecture];
  const type = element("type", { arch: architecture, machine }, ["hvm"]);
  if (firmware === "bios") return element("os", {}, [type]);
  const feature = element("feature", { enabled: "no", name: "secure-boot" });
  return element("os", { firmware: "efi" }, [type, element("firmware", {}, [feature])]);
}

/** The 64-bit PCI windows of OVMF (PcdPciMmio64Size) and of QEMU's `virt` machine by themselves. */
const OVMF_WINDOW_BYTES = 32 * GiB;
const VIRT_WINDOW_BYTES = 512 * GiB;

/**
 * The size of the PCI window, where libvirt has no element for it.
 *
 * OVMF opens an eighth of the address space when it trusts the CPU's width, since November 2022.
 * Earlier, or on narrow CPUs, it must be told, and the larger of the two counts
 * (OvmfPkg/Library/PlatformInitLib/MemDetect.c); libvirt reserves the name among its own `fwcfg`
 * entries. On aarch64 the window is the machine's, which QEMU takes in a second `-machine`.
 */
export function windowArguments({ architecture, pci }: Guest, firmware: Firmware): XmlElement[] {
  const window = pci.window64Bytes ?? 0;
  switch (architecture) {
    case "x86_64": {
      if (firmware !== "efi" || window <= OVMF_WINDOW_BYTES) return [];
      return commandLine("-fw_cfg", `name=opt/ovmf/X-PciMmio64Mb,string=${window / MiB}`);
    }
    case "aarch64": {
      if (window <= VIRT_WINDOW_BYTES) return [];
      return commandLine("-machine", `highmem-mmio-size=${window / GiB}G`);
    }
  }
}

function commandLine(...args: readonly string[]): XmlElement[] {
  const elements = args.map((value) => element("qemu:arg", { value }));
  return [element("qemu:commandline", {}, elements)];
}
