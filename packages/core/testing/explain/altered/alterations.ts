import type { Alteration } from "./alteration.ts";
import { deviceAlterations } from "./device.ts";
import { fabricAlterations } from "./fabric.ts";
import { guestAlterations } from "./guest.ts";
import { machineAlterations } from "./machine-settings.ts";
import { placementAlterations } from "./placement.ts";

/** At least one for every cause. */
export const alterations: readonly Alteration[] = [
  ...placementAlterations,
  ...machineAlterations,
  ...fabricAlterations,
  ...deviceAlterations,
  ...guestAlterations,
];
