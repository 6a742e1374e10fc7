import type { Plan } from "../plan/plan.ts";

/**
 * A VM that Evenkeel has started on this host, or is about to: its plan, how it runs, and all that
 * starting it may change, so that any later command can undo it. It is written before anything is
 * changed and removed once nothing is left. An adopted VM was started by somebody else and is
 * counted by its plan.
 */
export interface Instance {
  readonly apiVersion: "evenkeel/v1";
  readonly kind: "Instance";
  /** Its name in Evenkeel, and in the hypervisor where Evenkeel has started it: see `guestName`. */
  readonly name: string;
  /** Its UUID in the hypervisor: see `guestUuid`; an adopted VM has its own. */
  readonly uuid: string;
  readonly plan: Plan;
  readonly via: HypervisorName;
  /** libvirt's URI; null for QEMU alone. */
  readonly uri: string | null;
  /**
   * `starting` until the guest runs: without its command, the start has failed and is undone.
   * `stopping` likewise: without its command, the stop is completed.
   */
  readonly phase: "starting" | "running" | "stopping";
  /**
   * Whether somebody else has started it: then its definition and drivers are not Evenkeel's to
   * change.
   */
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
  /**
   * The driver that `driver_override` names, the only one that the kernel may bind; null without
   * one.
   */
  readonly override: string | null;
}
