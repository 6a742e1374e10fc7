import type { Accelerator, PciDevice } from "./topology.ts";

/** The settings of a function, all unknown: most sources do not report them. */
export const unknownSettings: Pick<PciDevice, "acsRedirect" | "atsEnabled" | "interrupts"> = {
  acsRedirect: null,
  atsEnabled: null,
  interrupts: null,
};

/** The parts of an accelerator, all unknown: most sources do not report them. */
export const unknownParts: Pick<Accelerator, "profile" | "migEnabled" | "instances"> = {
  profile: null,
  migEnabled: null,
  instances: [],
};
