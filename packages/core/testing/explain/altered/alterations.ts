import type { Alteration } from "./alteration.ts";
import { settingsAlterations } from "./settings.ts";
import { placementAlterations } from "./placement.ts";

/** At least one for every cause. */
export const alterations: readonly Alteration[] = [...placementAlterations, ...settingsAlterations];
