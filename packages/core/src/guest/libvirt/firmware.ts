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

/** OVMF's 64-bit window where nobody tells it another (OvmfPkg's PcdPciMmio64Size). */
const OVMF_WINDOW_BYTES = 32 * GiB;

/**
 * Tells OVMF how large a window to open. Since November 2022 it opens an eighth of the address
 * space when it trusts the CPU's width; earlier, or on narrow CPUs, this is the only way, and the
 * larger of the two counts (OvmfPkg/Library/PlatformInitLib/MemDetect.c). libvirt reserves the name
 * among its own `fwcfg` entries, so it goes on the command line.
 */
export function firmwareArguments({ architecture, pci }: Guest, firmware: Firmware): XmlElement[] {
  const window = pci.window64Bytes ?? 0;
  if (firmware !== "efi" || architecture !== "x86_64" || window <= OVMF_WINDOW_BYTES) return [];
  const value = `name=opt/ovmf/X-PciMmio64Mb,string=${window / MiB}`;
  const args = ["-fw_cfg", value].map((arg) => element("qemu:arg", { value: arg }));
  return [element("qemu:commandline", {}, args)];
}
