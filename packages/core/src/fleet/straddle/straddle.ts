import type { CostBasis } from "../../cost/path-cost.ts";

/** What a node lacks of one resource. */
export interface NodeShortage {
  readonly node: number;
  /** Whole cores, or CPUs where cores are shared; huge pages by number, base pages in bytes. */
  readonly resource: "cores" | "cpus" | "hugepages" | "memoryBytes" | "accelerators" | "nics";
  readonly needs: number;
  /** Null where nobody told. */
  readonly has: number | null;
}

/** What keeps a request off every single node. */
export interface Straddling {
  /** What each node with CPUs lacks to hold all of it; no entry for a node that lacks nothing. */
  readonly shortages: readonly NodeShortage[];
  /** What it would have to come down to; null where one node lacks several things, or devices. */
  readonly room: OneNode | null;
  /**
   * The nodes that lack nothing; where none of them holds it, their devices are not connected as
   * asked.
   */
  readonly enough: readonly number[];
}

/** The most of one resource with which a request would fit on one node, all else as it is. */
export interface OneNode {
  readonly resource: "vcpus" | "memoryBytes";
  readonly most: number;
}

/**
 * The time to move data, over that of the same devices with all memory local to its users: 1 is no
 * loss.
 */
export interface StraddlingCost {
  /** With a guest that is shown its nodes and keeps its work to them. */
  readonly shown: number;
  /** With a guest that sees one flat machine, so that every vCPU uses all memory equally. */
  readonly hidden: number;
  readonly basis: CostBasis;
}
