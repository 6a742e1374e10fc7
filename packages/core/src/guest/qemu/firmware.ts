import { firmwareOf } from "../firmware.ts";
import type { Guest } from "../guest.ts";
import type { Firmware } from "../options.ts";
import type { QemuOptions } from "./options.ts";

/** Debian's, without secure boot, as libvirt picks it from the host's firmware descriptions. */
const images = {
  x86_64: "/usr/share/OVMF/OVMF_CODE_4M.fd",
  aarch64: "/usr/share/AAVMF/AAVMF_CODE.fd",
} as const;

/** The image that QEMU takes the guest's firmware from; null where it brings the firmware. */
export function firmwareFileOf(guest: Guest, options: QemuOptions): string | null {
  if (firmwareOf(guest, options) === "bios") return null;
  return options.firmwareFile ?? images[guest.architecture];
}

/** The firmware's flash chips: its code, and its variables where they are kept. */
export function firmwareArguments(guest: Guest, options: QemuOptions): string[] {
  const file = firmwareFileOf(guest, options);
  if (file === null) return [];
  const { firmwareVariables } = options;
  const code = drive("firmware", file, true);
  if (firmwareVariables === undefined) return code;
  return [...code, ...drive("firmware-variables", firmwareVariables, false)];
}

/** What the machine is told of them. */
export function firmwareProperties(
  firmware: Firmware,
  { firmwareVariables }: QemuOptions,
): string[] {
  if (firmware === "bios") return [];
  const variables = firmwareVariables === undefined ? [] : ["pflash1=firmware-variables"];
  return ["pflash0=firmware", ...variables];
}

function drive(name: string, filename: string, readOnly: boolean): string[] {
  const file = { driver: "file", filename, "node-name": `${name}-file`, "read-only": readOnly };
  const raw = { driver: "raw", file: `${name}-file`, "node-name": name, "read-only": readOnly };
  return ["-blockdev", JSON.stringify(file), "-blockdev", JSON.stringify(raw)];
}
