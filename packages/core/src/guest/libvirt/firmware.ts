import { element, type XmlElement } from "../../xml/element.ts";
import { contractName } from "../contract/contract.ts";
import { contractArguments } from "../contract/arguments.ts";
import { windowArguments } from "../firmware.ts";
import type { Guest } from "../guest.ts";
import type { Firmware } from "../options.ts";
import { unsupported } from "../unsupported.ts";
import type { LibvirtOptions } from "./options.ts";

/**
 * The machine and its firmware; libvirt picks the image. Secure boot is ruled out rather than left
 * to the order of the host's firmware descriptions, since it asks for signed GPU drivers.
 */
export function osElement({ architecture }: Guest, firmware: Firmware): XmlElement {
  const machine = { x86_64: "q35", aarch64: "virt" }[architecture];
  const type = element("type", { arch: architecture, machine }, ["hvm"]);
  if (firmware === "bios") return element("os", {}, [type]);
  const feature = element("feature", { enabled: "no", name: "secure-boot" });
  return element("os", { firmware: "efi" }, [type, element("firmware", {}, [feature])]);
}

/**
 * The contract as a file's content, which the guest finds in fw_cfg. libvirt 9.0 escapes an entry
 * for XML on its way to QEMU, and not for QEMU (`qemuBuildSysinfoCommand`), so an entry's own text
 * cannot be JSON, and a path has only characters that neither takes for its own.
 *
 * Errors: `render-unsupported` for another path.
 */
export function contractElements({ contractFile }: LibvirtOptions): XmlElement[] {
  if (contractFile === undefined) return [];
  if (/[,&<>"']/.test(contractFile)) {
    throw unsupported(
      "contract",
      `libvirt does not pass on unchanged the path ${JSON.stringify(contractFile)} as it stands`,
      "a path without commas, quotes, < and > and &",
      "put the contract elsewhere",
    );
  }
  const entry = element("entry", { name: contractName, file: contractFile });
  return [element("sysinfo", { type: "fwcfg" }, [entry])];
}

/**
 * What libvirt has no element for, as QEMU's own arguments: the size of the PCI window, since it
 * reserves OVMF's name among its own `fwcfg` entries and refuses `pcihole64` on aarch64; and the
 * contract, where it is no file.
 */
export function commandLineElements(
  guest: Guest,
  firmware: Firmware,
  { contractFile }: LibvirtOptions,
): XmlElement[] {
  const contract = contractFile === undefined ? contractArguments(guest, undefined) : [];
  const args = [...windowArguments(guest, firmware), ...contract];
  if (args.length === 0) return [];
  const elements = args.map((value) => element("qemu:arg", { value }));
  return [element("qemu:commandline", {}, elements)];
}
