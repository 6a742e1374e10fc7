/**
 * A Binding says where a command is to run: on which CPUs, with memory of which nodes, and why. It
 * is decided from the machine as the command sees it (`bind.ts`), carried out just before the
 * command starts, and held against what runs later.
 */
export interface Binding {
  readonly apiVersion: "evenkeel/v1";
  readonly kind: "Binding";
  readonly mode: BindingMode;
  /** The accelerators that the command was bound beside, in its own order. */
  readonly accelerators: readonly BoundAccelerator[];
  /** The CPUs, as a list; null where the command stays as it is. */
  readonly cpus: string | null;
  /** The nodes of its memory, as a list; null where its memory stays as it is. */
  readonly memoryNodes: string | null;
  readonly memory: MemoryBinding;
  /**
   * How many threads of a library keep its CPUs busy without disturbing commands beside it; null
   * where that is unknown.
   */
  readonly threads: number | null;
  /** NICs for its accelerators, nearest ones; null where they were not asked for. */
  readonly nics: readonly BoundNic[] | null;
  /** Sentences: why these and no others. */
  readonly reasons: readonly string[];
  /** What is not known and would decide, and what would tell. */
  readonly unknowns: readonly BindingUnknown[];
}

/** An accelerator that a command is beside. */
export interface BoundAccelerator {
  readonly address: string;
  readonly model: string | null;
  readonly node: number | null;
}

/** A NIC near a command's accelerators. */
export interface BoundNic {
  readonly address: string;
  /** Its RDMA device, or its network interface. */
  readonly name: string | null;
  /** The number of its first port. */
  readonly port: number | null;
}

/** Something that nobody told. */
export interface BindingUnknown {
  readonly what: string;
  readonly tells: string;
}

/** The modes, in the order of `BindingMode`. */
export const bindingModes = ["node", "socket", "exclusive", "core-complex"] as const;
/**
 * Which CPUs beside its accelerators a command gets; the names and meanings are those of torchrun's
 * `--numa-binding`:
 *
 * - `node`: all CPUs of their nodes
 * - `socket`: all CPUs of the packages that these nodes are in
 * - `exclusive`: the whole cores of each accelerator's share of its node
 * - `core-complex`: the CPUs below one last-level cache for each accelerator
 */
export type BindingMode = (typeof bindingModes)[number];

/** How memory can be bound, the strictest first. */
export const memoryBindings = ["strict", "preferred", "none"] as const;
/**
 * `strict`: memory comes from these nodes or not at all (MPOL_BIND); `preferred`: from these nodes
 * while they have any (MPOL_PREFERRED_MANY); `none`: as the kernel does it.
 */
export type MemoryBinding = (typeof memoryBindings)[number];
