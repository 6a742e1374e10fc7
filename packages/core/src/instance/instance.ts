import type { Plan } from "../plan/plan.ts";

/**
 * A VM that Evenkeel has started, or is about to, on this host: its plan, how it runs, and all that
 * starting it may change, so that whoever finds this can undo it. It is written before anything is
 * changed and removed once nothing is left. Or a VM that somebody else has started, and that is
 * counted by its plan since it was adopted.
 */
export interface Instance {
  readonly apiVersion: "evenkeel/v1";
  readonly kind: "Instance";
  /** What Evenkeel calls it, and the hypervisor too where Evenkeel has started it: see `guestName`. */
  readonly name: string;
  /** The hypervisor's: see `guestUuid`; of an adopted VM whichever it has. */
  readonly uuid: string;
  readonly plan: Plan;
  readonly via: HypervisorName;
  /** libvirt's URI; null for QEMU alone. */
  readonly uri: string | null;
  /**
   * `starting` until the guest runs: found without the command that starts it, the start has failed
   * and is undone. `stopping` likewise: found alone, the stop is brought to its end.
   */
  readonly phase: "starting" | "running" | "stopping";
  /** Whether somebody else has started it: then its definition and its drivers are not Evenkeel's. */
  readonly adopted: boolean;
  /** In UTC, by the clock of whoever began to start it, or adopted it. */
  readonly startedAt: string;
  /** The driver of every function that is passed through, as it was before. */
  readonly drivers: readonly DriverBefore[];
}

export const hypervisorNames = ["libvirt", "qemu"] as const;
export type HypervisorName = (typeof hypervisorNames)[number];

export interface DriverBefore {
  readonly address: string;
  /** Null where it had none. */
  readonly driver: string | null;
  /** The only driver that the kernel is told to bind to it; null where it is told none. */
  readonly override: string | null;
}
