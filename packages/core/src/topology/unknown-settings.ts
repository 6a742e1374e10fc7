import type { PciDevice } from "./topology.ts";

/** How a function is set up, of which most sources say nothing. */
export const unknownSettings: Pick<PciDevice, "acsRedirect" | "atsEnabled" | "interrupts"> = {
  acsRedirect: null,
  atsEnabled: null,
  interrupts: null,
};
