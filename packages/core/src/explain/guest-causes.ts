import { cpuModelMasks } from "./cause/guest/cpu-model-masks.ts";
import { gpuDirectDriver } from "./cause/guest/gpu-direct-driver.ts";
import { gpuDirectOff } from "./cause/guest/gpu-direct-off.ts";
import { guestAcs } from "./cause/guest/guest-acs.ts";
import { guestDeviceNode } from "./cause/guest/guest-device-node.ts";
import { guestDistancesFlat } from "./cause/guest/guest-distances-flat.ts";
import { mmioWindowSmall } from "./cause/guest/mmio-window-small.ts";
import { ncclFileMissing } from "./cause/guest/nccl-file-missing.ts";
import { ncclFileNotInForce } from "./cause/guest/nccl-file-not-in-force.ts";
import { ncclFileSlow } from "./cause/guest/nccl-file-slow.ts";
import { portLinkUntrue } from "./cause/guest/port-link-untrue.ts";
import { portShared } from "./cause/guest/port-shared.ts";
import { smtHidden } from "./cause/guest/smt-hidden.ts";
import { smtInvented } from "./cause/guest/smt-invented.ts";
import { vnumaMissing } from "./cause/guest/vnuma-missing.ts";
import { vnumaUntrue } from "./cause/guest/vnuma-untrue.ts";
import { guestClocksourceSlow } from "./cause/guest/guest-clocksource-slow.ts";
import { guestConfidential } from "./cause/guest/guest-confidential.ts";
import { ncclOverSockets } from "./cause/guest/nccl-over-sockets.ts";
import type { Cause } from "./subject/cause.ts";

/** What the guest is shown, and what it makes of it. */
export const guestCauses: readonly Cause[] = [
  vnumaMissing,
  vnumaUntrue,
  guestDeviceNode,
  guestDistancesFlat,
  smtHidden,
  smtInvented,
  cpuModelMasks,
  guestClocksourceSlow,
  portLinkUntrue,
  portShared,
  guestConfidential,
  mmioWindowSmall,
  ncclOverSockets,
  ncclFileMissing,
  ncclFileNotInForce,
  ncclFileSlow,
  gpuDirectOff,
  gpuDirectDriver,
  guestAcs,
];
