import type { Accelerator, Nic, PciDevice } from "./topology.ts";

/** A function's settings as unknown, for the many sources that do not contain them. */
export const unknownSettings: Pick<
  PciDevice,
  "acsRedirect" | "atsEnabled" | "interrupts" | "hostUse"
> = {
  acsRedirect: null,
  atsEnabled: null,
  interrupts: null,
  hostUse: null,
};

/**
 * An accelerator's parts, and what only its vendor's tool tells, as unknown, for the many sources
 * that do not contain them.
 */
export const unknownParts: Pick<
  Accelerator,
  "productName" | "index" | "c2c" | "profile" | "migEnabled" | "instances"
> = {
  productName: null,
  index: null,
  c2c: null,
  profile: null,
  migEnabled: null,
  instances: [],
};

/** A NIC's ports as unknown, for the many sources that do not contain them. */
export const unknownPorts: Pick<Nic, "ports"> = { ports: null };
