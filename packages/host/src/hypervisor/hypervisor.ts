import type { Guest } from "@evenkeel/core/guest/guest.ts";
import type { RenderOptions } from "@evenkeel/core/render/render.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";

/** What a VM is started from beside its plan. */
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
  /** A folder that is the VM's alone, for what it needs of files. */
  readonly folder: string;
  /** Aborted when the start is given up: no further step is begun then. */
  readonly signal: AbortSignal;
}

/** `gone`: there is neither a process nor a definition of it. */
export type RunState = "running" | "paused" | "off" | "gone";

export interface Running {
  readonly state: RunState;
  /** Of the emulator; null where there is none. */
  readonly pid: number | null;
}

/** What runs VMs: one adapter for each. Every step is bounded in time. */
export interface Hypervisor {
  /** Starts it and waits until it runs, with everything pinned. What fails halfway, the caller undoes. */
  readonly start: (job: StartJob) => Promise<void>;
  readonly state: (instance: Instance) => Promise<Running>;
  /** Asks the guest to shut down. */
  readonly shutdown: (instance: Instance) => Promise<void>;
  /** Ends the VM at once, if it runs; its definition stays. */
  readonly end: (instance: Instance) => Promise<void>;
  /**
   * Ends the VM at once and leaves nothing of it with the hypervisor: no process, no definition. Done
   * again, or of a VM that never came to be, it does nothing.
   */
  readonly remove: (instance: Instance) => Promise<void>;
}
