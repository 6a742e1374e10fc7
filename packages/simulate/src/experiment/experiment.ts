import type { CostBasis } from "@evenkeel/core/cost/path-cost.ts";
import type { Claim } from "./claims.ts";
import type { Distribution } from "./distribution.ts";
import type { UnplannedWay } from "./ways.ts";

/** The ways to place VMs that an experiment compares. */
export type Way = UnplannedWay | "evenkeel";

/**
 * Many VMs of one flavor on machines of one kind, placed in four ways: how long a step of each is
 * predicted to take, relative to the best place on the empty machine, with all memory local.
 */
export interface Experiment {
  readonly machine: string;
  readonly workload: string;
  /** The flavor in words. */
  readonly flavor: string;
  /** How many VMs of it a machine holds, and how many twins there are in each way. */
  readonly perHost: number;
  readonly count: number;
  readonly seed: number;
  /** The share of a machine's other VMs that are busy at the same time, from 0 to 1. */
  readonly load: number;
  readonly ways: readonly WayResult[];
  readonly claims: readonly Claim[];
}

export interface WayResult {
  readonly way: Way;
  /** Alone on the machine, and beside its neighbors under the experiment's load. */
  readonly alone: Distribution;
  readonly loaded: Distribution;
  readonly basis: CostBasis;
}

/** What each way does, in words. */
export const wayTexts: Readonly<Record<Way, string>> = {
  luck: "free GPUs, floating vCPUs, memory by first touch",
  interleave: "free GPUs, floating vCPUs, memory over all nodes",
  pinned: "free GPUs, cores and memory of one node, guest sees no nodes",
  evenkeel: "GPUs, cores and memory of one plan, shown to the guest",
};
