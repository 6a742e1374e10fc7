import type { Guest } from "../guest.ts";
import type { Firmware } from "../options.ts";
import type { QemuOptions } from "./options.ts";

/** Debian's, without secure boot, as libvirt picks it from the host's firmware descriptions. */
const images = {
  x86_64: "/usr/share/OVMF/OVMF_CODE_4M.fd",
  aarch64: "/usr/share/AAVMF/AAVMF_CODE.fd",
} as const;

/** The firmware's flash chips: its code, and its variables where they are kept. */
export function firmwareArguments(
  { architecture }: Guest,
  firmware: Firmware,
  { firmwareFile, firmwareVariables }: QemuOptions,
): string[] {
  if (firmware === "bios") return [];
  const code = drive("firmware", firmwareFile ?? images[architecture], true);
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
