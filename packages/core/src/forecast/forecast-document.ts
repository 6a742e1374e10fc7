import type { Bottleneck } from "../cost/contention/contention.ts";
import type { CostBasis } from "../cost/path-cost.ts";
import type { CostParts } from "../cost/plan-cost.ts";

/**
 * What admitting one VM to a host does to every VM on it, itself included: predicted before it is
 * started, from what each of them moves (`cost/contention/vm-flows.ts`) and where.
 */
export interface Forecast {
  readonly apiVersion: "evenkeel/v1";
  readonly kind: "Forecast";
  /** The VM that is to be admitted. */
  readonly vm: string;
  readonly tenant: string | null;
  readonly host: string;
  /** The VM itself, then the running ones. */
  readonly vms: readonly VmForecast[];
  /** What nobody told, so that it is not in the figures. */
  readonly unknown: readonly ForecastUnknown[];
}

/** One VM's part of a forecast. */
export interface VmForecast {
  readonly vm: string;
  readonly tenant: string | null;
  /** Whether it runs already. */
  readonly running: boolean;
  readonly workload: string;
  /** The part of its memory that is remote from the vCPUs that use it, from 0 to 1. */
  readonly remoteShare: number;
  /**
   * How many times as long it moves its data as alone on the best place of this host, all memory
   * local: without the
   * new VM (null for the new VM itself), with it, and with it while all others are busy at once.
   */
  readonly slowdownBefore: number | null;
  readonly slowdownAfter: number;
  readonly slowdownBusy: number;
  /** How many times as long each part takes among the others as alone on the same place. */
  readonly parts: CostParts;
  /** What slows it most, with the new VM; null where no neighbour slows it. */
  readonly bottleneck: Bottleneck | null;
  /** The mean latency of its reads under the load of all; null where no idle latency is known. */
  readonly latencyBeforeNs: number | null;
  readonly latencyAfterNs: number | null;
  /** `unknown` too where a neighbour's load or a capacity is not known: then it may be slower. */
  readonly basis: CostBasis;
}

/** What nobody told, and why. */
export interface ForecastUnknown {
  readonly what: string;
  readonly why: string;
}
