import type { Plan } from "../plan/plan.ts";

/**
 * The record of a VM that Evenkeel has started, or is about to start, on this host: its plan, how
 * it runs, and every change that its start may make, so that another process can undo it. It is
 * written before the first change and removed once nothing is left. For an adopted VM, which
 * somebody else has started, it makes placement count the VM by its plan.
 */
export interface Instance {
  readonly apiVersion: "evenkeel/v1";
  readonly kind: "Instance";
  /** Evenkeel's name for it; the hypervisor's too where Evenkeel has started it (`guestName`). */
  readonly name: string;
  /** The hypervisor's UUID (`guestUuid`); an adopted VM keeps its own. */
  readonly uuid: string;
  readonly plan: Plan;
  readonly via: HypervisorName;
  /** libvirt's URI; null for QEMU alone. */
  readonly uri: string | null;
  /**
   * `starting` until the guest runs. If the command that starts it is gone, the start has failed
   * and is undone; if the command that stops it is gone, `stopping` is completed.
   */
  readonly phase: "starting" | "running" | "stopping";
  /**
   * The process of a QEMU that Evenkeel started by itself. Null before the guest runs, through
   * libvirt, which keeps its own record, and in Instances from before it was recorded.
   */
  readonly process: ProcessRecord | null;
  /** Whether somebody else started it: its definition and its drivers are not Evenkeel's then. */
  readonly adopted: boolean;
  /** In UTC, by the clock of the host, when its start or its adoption began. */
  readonly startedAt: string;
  /** The driver of every function that is passed through, before the start. */
  readonly drivers: readonly DriverBefore[];
}

/**
 * A process that no other can pass for: the kernel sets all of these, and gives an id and a start
 * to one process only.
 */
export interface ProcessRecord {
  readonly pid: number;
  /** When it started, in the kernel's clock ticks since boot. */
  readonly startTicks: number;
  readonly uid: number;
  /** The path of the program that it executes. */
  readonly executable: string;
}

export const hypervisorNames = ["libvirt", "qemu"] as const;
/** What runs a VM: libvirt, or QEMU without libvirt. */
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
