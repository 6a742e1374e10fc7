import type { AcceleratorState } from "../../../evidence/machine-evidence.ts";

/**
 * Whether the tool says that the power limit holds its clocks down now; null where it says nothing.
 */
export function isCapped({ throttleReasons }: AcceleratorState): boolean | null {
  if (throttleReasons === null) return null;
  return throttleReasons.some((reason) => reason.startsWith("SW Power Cap"));
}

/** Whether somebody lowered its power limit; null where the limits are not told. */
export function isLimitLowered({ power }: AcceleratorState): boolean | null {
  const limit = power?.limitWatts ?? null;
  const normal = power?.defaultWatts ?? null;
  return limit === null || normal === null ? null : limit < normal - 1;
}

/** Whether it works at the limit that it has from the factory, as any does that works hard. */
export function isCapByDefault(state: AcceleratorState): boolean {
  return isCapped(state) === true && isLimitLowered(state) === false;
}
