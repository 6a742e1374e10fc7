/**
 * The result of one scenario under one policy and one seed. Shares are of all GPUs, from 0 to 1.
 */
export interface Outcome {
  readonly seed: number;
  readonly arrived: number;
  readonly placed: number;
  /** The share of GPUs that is allocated at the end. */
  readonly finalShare: number;
  /** The mean share of GPUs allocated from `settled` to the end. */
  readonly meanShare: number;
  /** The share of GPUs allocated at every hundredth of the axis, from 0 on. */
  readonly curve: readonly number[];
  /**
   * The mean share of GPUs that is fragmented, over the axis from 0 to 1, as
   * `policy/fragmentation.ts` measures it; null where it was not measured.
   */
  readonly meanFragmentation: number | null;
  /** Requests for all GPUs of a host. */
  readonly wholeHost: {
    readonly arrived: number;
    readonly refused: number;
    /** Refused although as many GPUs were free in the fleet. */
    readonly refusedWhileFree: number;
  };
  /** How many of the placed tasks lie on nodes as their flavor promises. */
  readonly inSignature: number;
}
