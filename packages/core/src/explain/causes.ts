import type { Cause } from "./subject/cause.ts";
import { memoryOffNode } from "./cause/placement/memory-off-node.ts";
import { deviceCauses } from "./device-causes.ts";
import { fabricCauses } from "./fabric-causes.ts";
import { memoryUnbound } from "./cause/placement/memory-unbound.ts";
import { guestCauses } from "./guest-causes.ts";
import { settingsCauses } from "./settings-causes.ts";

/**
 * Every cause that `why` and `doctor` look for, as in docs/causes.md. Among equals the order
 * decides which is told first: what is placed, then how the machine is set, the fabric, the
 * devices, and what the guest is shown.
 */
export const causes: readonly Cause[] = [
  memoryUnbound,
  memoryOffNode,
  ...settingsCauses,
  ...fabricCauses,
  ...deviceCauses,
  ...guestCauses,
];
