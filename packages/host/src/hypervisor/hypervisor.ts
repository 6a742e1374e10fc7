import type { Guest } from "@evenkeel/core/guest/guest.ts";
import type { RenderOptions } from "@evenkeel/core/render/render.ts";
import type { Instance, ProcessRecord } from "@evenkeel/core/instance/instance.ts";

/** What a VM starts from, apart from its plan. */
export interface StartOptions extends RenderOptions {
  /** A kernel to boot without a disk, with its initial RAM disk and its command line. */
  readonly boot?: DirectBoot | undefined;
}

export interface DirectBoot {
  readonly kernel: string;
  readonly initrd: string | null;
  readonly append: string | null;
}

export interface StartJob {
  readonly instance: Instance;
  readonly guest: Guest;
  readonly options: StartOptions;
  /** A folder for the files of this VM alone. */
  readonly folder: string;
  /** Called with what the user should know about how it is started. */
  readonly note: (text: string) => void;
  /** Aborted when the start is given up. No further step begins then. */
  readonly signal: AbortSignal;
}

/** `gone`: it has neither a process nor a definition. */
export type RunState = "running" | "paused" | "off" | "gone";

export interface Running {
  readonly state: RunState;
  /** The process of the emulator; null where there is none. */
  readonly pid: number | null;
}

/** An adapter for a program that runs VMs. Every step ends within a bounded time. */
export interface Hypervisor {
  /**
   * Starts the VM, pins its threads, and waits until it runs. The caller undoes a failed start.
   *
   * @returns its process, to record; null where the hypervisor keeps a record itself.
   */
  readonly start: (job: StartJob) => Promise<ProcessRecord | null>;
  readonly state: (instance: Instance) => Promise<Running>;
  /**
   * Takes what the guest has written to its serial console since the last call; null where the
   * hypervisor has its own way to read it.
   */
  readonly console: (instance: Instance) => Promise<string | null>;
  /** Asks the guest to shut down. */
  readonly shutdown: (instance: Instance) => Promise<void>;
  /** Ends the VM at once, if it runs; its definition stays. */
  readonly end: (instance: Instance) => Promise<void>;
  /**
   * Ends the VM at once, and removes its process and its definition. Without either it does
   * nothing, so it can be repeated.
   */
  readonly remove: (instance: Instance) => Promise<void>;
}
