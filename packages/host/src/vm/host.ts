import type { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { PreflightProblem } from "@evenkeel/core/preflight/problem.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import type { Clock } from "../clock/clock.ts";
import type { Recovered } from "../instance/recover.ts";
import type { Damaged, StateFolder } from "../state/state-folder.ts";
import type { Tree } from "../tree/tree.ts";

/** A machine whose VMs are looked at, and what looking takes from whoever asks. */
export interface LocalHost {
  /** Its /proc and /sys, as they are now: a tree remembers what it has read. */
  readonly tree: () => Tree;
  readonly hostname: string;
  /** The libvirt to ask about VMs that no Instance names one for. */
  readonly libvirtUri: string;
  readonly clock: Clock;
}

/** The machine that VMs are started and stopped on. */
export interface VmHost extends LocalHost {
  readonly state: StateFolder;
  /** Reads the machine's topology as it is now. */
  readonly topology: () => Promise<Topology>;
  /** Takes what an operation has to say before it ends. */
  readonly progress: (step: Progress) => void;
}

/** What an operation says on its way. The caller words it, or counts it, or drops it. */
export type Progress =
  /** Starts and stops that were cut off, undone before anything else is done. */
  | { readonly kind: "recovered"; readonly vms: readonly Recovered[] }
  /** Files of the state folder that cannot be used. The others still count. */
  | { readonly kind: "damaged"; readonly files: readonly Damaged[] }
  /** A VM whose hypervisor does not answer. */
  | { readonly kind: "unanswered"; readonly name: string; readonly failure: EvenkeelError }
  /** A start begins: what is not as it should be and does not prevent it, and the guest's notes. */
  | {
      readonly kind: "starting";
      readonly problems: readonly PreflightProblem[];
      readonly notes: readonly string[];
    };
