import type { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { PreflightProblem } from "@evenkeel/core/preflight/problem.ts";
import type { UnreadableVm } from "@evenkeel/core/preflight/facts.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import type { Clock } from "../clock/clock.ts";
import type { Recovered } from "../instance/recover.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import type { Calibrate } from "../source/options.ts";
import type { Damaged, StateFolder, StateView } from "../state/state-folder.ts";
import type { Tree } from "../tree/tree.ts";

/** A machine whose VMs can be looked at. */
export interface LocalHost {
  /** Opens its /proc and /sys. A tree remembers what it has read, so each look takes a new one. */
  readonly tree: () => Tree;
  readonly hostname: string;
  /** The libvirt to ask, except about VMs whose Instance names another. */
  readonly libvirtUri: string;
  readonly clock: Clock;
  /** Adds to its topology the calibration that is kept of it; left out where none is used. */
  readonly calibrate?: Calibrate;
}

/** A machine whose recorded VMs can be looked at. */
export interface RecordedHost extends LocalHost {
  readonly state: StateView;
  /** Called with what an operation has to say before it ends. */
  readonly progress: (step: Progress) => void;
}

/** A machine on which VMs can be started and stopped. */
export interface VmHost extends RecordedHost {
  readonly state: StateFolder;
  /** Reads the machine's topology as it is now. */
  readonly topology: () => Promise<Topology>;
}

/** What an operation reports while it runs. */
export type Progress =
  /** Starts that were cut off and are now undone, and stops that were and are now completed. */
  | { readonly kind: "recovered"; readonly vms: readonly Recovered[] }
  /** VMs whose start or stop was cut off. The command leaves them as they are. */
  | { readonly kind: "cut-off"; readonly vms: readonly Instance[] }
  /** Files of the state folder that cannot be used. The others still count. */
  | { readonly kind: "damaged"; readonly files: readonly Damaged[] }
  /** VMs that run here, and what they hold is unknown: it does not count as taken. */
  | { readonly kind: "unreadable"; readonly vms: readonly UnreadableVm[] }
  /** A libvirt that has not answered in time: VMs that it alone shows are not known. */
  | { readonly kind: "silent"; readonly uri: string }
  /** A VM whose hypervisor does not answer. */
  | { readonly kind: "unanswered"; readonly name: string; readonly failure: EvenkeelError }
  /** A guest was asked to shut down, and is waited for. */
  | {
      readonly kind: "waiting";
      readonly name: string;
      /** How long it has in all. */
      readonly timeoutMs: number;
      /** Whether it is ended then. */
      readonly force: boolean;
    }
  /** Addresses and CPUs that the policy names, and this machine is not known to have. */
  | { readonly kind: "names-absent"; readonly host: string; readonly names: readonly string[] }
  /** A start begins. These warnings do not prevent it, and the guest has these notes. */
  | {
      readonly kind: "starting";
      readonly problems: readonly PreflightProblem[];
      readonly notes: readonly string[];
    };
