import { applicationClocks } from "./cause/device/application-clocks.ts";
import { clocksLow } from "./cause/device/clocks-low.ts";
import { eccDiffers } from "./cause/device/ecc-differs.ts";
import { memoryRetired } from "./cause/device/memory-retired.ts";
import { migOn } from "./cause/device/mig-on.ts";
import { peerCopiesOff } from "./cause/device/peer-copies-off.ts";
import { persistenceOff } from "./cause/device/persistence-off.ts";
import { powerCapped } from "./cause/device/power-capped.ts";
import { throttledHardware } from "./cause/device/throttled-hardware.ts";
import { throttledThermal } from "./cause/device/throttled-thermal.ts";
import { driverDiffers } from "./cause/device/driver-differs.ts";
import { vgpuUnlicensed } from "./cause/device/vgpu-unlicensed.ts";
import type { Cause } from "./subject/cause.ts";

/** How the accelerators themselves are set, and what holds them down. */
export const deviceCauses: readonly Cause[] = [
  powerCapped,
  throttledThermal,
  throttledHardware,
  applicationClocks,
  clocksLow,
  vgpuUnlicensed,
  migOn,
  peerCopiesOff,
  memoryRetired,
  eccDiffers,
  persistenceOff,
  driverDiffers,
];
