import type { DeviceEvidence } from "../../evidence/evidence.ts";
import type { Subject } from "../subject/subject.ts";

/** The drivers that pass a device on: vfio-pci, and its variants for single products. */
export function isPassingDriver(driver: string): boolean {
  return /vfio/.test(driver);
}

/** The devices of a VM that a driver of VFIO passes on. */
export function passedThrough({ evidence }: Subject): readonly DeviceEvidence[] {
  return evidence.devices.filter(({ driver }) => driver !== null && isPassingDriver(driver));
}
