import type { Cause } from "./subject/cause.ts";
import { deviceCauses } from "./device-causes.ts";
import { fabricCauses } from "./fabric-causes.ts";
import { guestCauses } from "./guest-causes.ts";
import { settingsCauses } from "./settings-causes.ts";
import { placementCauses } from "./placement-causes.ts";

/**
 * Every cause that `why` and `doctor` look for, as in docs/causes.md. Among equals the order
 * decides which is told first: what is placed, then how the machine is set, the fabric, the
 * devices, and what the guest is shown.
 */
export const causes: readonly Cause[] = [
  ...placementCauses,
  ...settingsCauses,
  ...fabricCauses,
  ...deviceCauses,
  ...guestCauses,
];
