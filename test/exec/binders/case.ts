import type { BindingMode } from "@evenkeel/core/binding/binding.ts";
import type { IndexSet } from "@evenkeel/core/set/index-set.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";

/** A process of a job on a machine, as every binder finds it. */
export interface Worker {
  /** As the kernel of the machine tells it to this job. */
  readonly topology: Topology;
  /** All accelerators of the machine, by ascending address. */
  readonly all: readonly string[];
  readonly vendor: Vendor;
  /** Those that the job sees, in its order; null where no variable chooses. */
  readonly seen: readonly string[] | null;
  readonly rank: number;
  /** Processes of the job on this machine. */
  readonly count: number;
  /** The CPUs of its cpuset, which the kernel never lets it leave. */
  readonly allowed: IndexSet;
}

export type Vendor = "nvidia" | "amd" | "other";

/** What a binder does with a worker. */
export type Outcome =
  | {
      readonly kind: "bound";
      readonly cpus: IndexSet;
      readonly memoryNodes: IndexSet | null;
      /** Whether these CPUs are to be this worker's alone. */
      readonly isAlone: boolean;
    }
  /** It leaves the worker as it is, and says so. */
  | { readonly kind: "left" }
  /** It ends with an error. */
  | { readonly kind: "refused" };

/** A binder in one of its modes; null where the machine's recording lacks what it would read. */
export interface Binder {
  readonly name: BinderName;
  readonly mode: BindingMode;
  readonly bind: (worker: Worker) => Outcome | null;
}

export const binderNames = ["torchrun", "bindpcie", "accelerate", "evenkeel exec"] as const;
export type BinderName = (typeof binderNames)[number];

export const refused: Outcome = { kind: "refused" };

/**
 * The accelerator that the worker's program takes: the one at its rank among those that it sees.
 */
export function acceleratorOf({ all, seen, rank }: Worker): string | null {
  return (seen ?? all)[rank] ?? null;
}
