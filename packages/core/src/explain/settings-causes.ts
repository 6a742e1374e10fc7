import { autonumaOn } from "./cause/settings/autonuma-on.ts";
import { bootOptionsDiffer } from "./cause/settings/boot-options-differ.ts";
import { cpuQuota } from "./cause/settings/cpu-quota.ts";
import { cpuWeightLow } from "./cause/settings/cpu-weight-low.ts";
import { deepIdleStates } from "./cause/settings/deep-idle-states.ts";
import { firmwareDiffers } from "./cause/settings/firmware-differs.ts";
import { frequencyCapped } from "./cause/settings/frequency-capped.ts";
import { governorSaving } from "./cause/settings/governor-saving.ts";
import { isolatedCrowd } from "./cause/settings/isolated-crowd.ts";
import { kernelDiffers } from "./cause/settings/kernel-differs.ts";
import { ksmOn } from "./cause/settings/ksm-on.ts";
import { memoryLimited } from "./cause/settings/memory-limited.ts";
import { microcodeDiffers } from "./cause/settings/microcode-differs.ts";
import { mitigationsDiffer } from "./cause/settings/mitigations-differ.ts";
import { numadRunning } from "./cause/settings/numad-running.ts";
import { nxHugePages } from "./cause/settings/nx-huge-pages.ts";
import { processorDiffers } from "./cause/settings/processor-differs.ts";
import { smtDiffers } from "./cause/settings/smt-differs.ts";
import { turboOff } from "./cause/settings/turbo-off.ts";
import { zoneReclaimOn } from "./cause/settings/zone-reclaim-on.ts";
import { cpuClockLow } from "./cause/settings/cpu-clock-low.ts";
import { cpuStolen } from "./cause/settings/cpu-stolen.ts";
import { clocksourceSlow } from "./cause/settings/clocksource-slow.ts";
import { splitLockSlowed } from "./cause/settings/split-lock-slowed.ts";
import { hostMemoryLess } from "./cause/settings/host-memory-less.ts";
import type { Cause } from "./subject/cause.ts";

/** How the machine is set: what stops, slows or moves the subject first, then mere differences. */
export const settingsCauses: readonly Cause[] = [
  cpuQuota,
  memoryLimited,
  cpuWeightLow,
  cpuStolen,
  isolatedCrowd,
  frequencyCapped,
  turboOff,
  governorSaving,
  deepIdleStates,
  cpuClockLow,
  autonumaOn,
  numadRunning,
  ksmOn,
  zoneReclaimOn,
  nxHugePages,
  clocksourceSlow,
  processorDiffers,
  hostMemoryLess,
  mitigationsDiffer,
  splitLockSlowed,
  firmwareDiffers,
  smtDiffers,
  bootOptionsDiffer,
  kernelDiffers,
  microcodeDiffers,
];
