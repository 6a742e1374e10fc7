import { acceleratorAlterations, fabricAlterations } from "./accelerators.ts";
import type { RecordAlteration } from "./alteration.ts";
import { guestAlterations } from "./guest.ts";
import { memoryAlterations } from "./memory.ts";
import { processorAlterations } from "./processors.ts";
import { settingsAlterations } from "./settings.ts";

/** At least forty, of as many causes. */
export const recordAlterations: readonly RecordAlteration[] = [
  ...memoryAlterations,
  ...processorAlterations,
  ...settingsAlterations,
  ...acceleratorAlterations,
  ...fabricAlterations,
  ...guestAlterations,
];
