import type { Accelerator, PciDevice } from "./topology.ts";

/** How a function is set up, of which most sources say nothing. */
export const unknownSettings: Pick<PciDevice, "acsRedirect" | "atsEnabled" | "interrupts"> = {
  acsRedirect: null,
  atsEnabled: null,
  interrupts: null,
};

/** Into what an accelerator is cut, or what part of one it is, of which most sources say nothing. */
export const unknownParts: Pick<Accelerator, "profile" | "migEnabled" | "instances"> = {
  profile: null,
  migEnabled: null,
  instances: [],
};
