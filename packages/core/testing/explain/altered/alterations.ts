import type { Alteration } from "./alteration.ts";
import { deviceAlterations } from "./device.ts";
import { fabricAlterations } from "./fabric.ts";
import { guestAlterations } from "./guest.ts";
import { placementAlterations } from "./placement.ts";
import { settingsAlterations } from "./settings.ts";

/** At least one for every cause. */
export const alterations: readonly Alteration[] = [
  ...placementAlterations,
  ...settingsAlterations,
  ...fabricAlterations,
  ...deviceAlterations,
  ...guestAlterations,
];
