/** What became of a world under a policy, for one seed. Shares are of all GPUs, from 0 to 1. */
export interface Outcome {
  readonly seed: number;
  readonly arrived: number;
  readonly placed: number;
  /** The share of the fleet's GPUs that is allocated at the end of the course. */
  readonly finalShare: number;
  /** The mean of it from where the world counts as settled. */
  readonly meanShare: number;
  /** It at every hundredth of the course, from 0 on. */
  readonly curve: readonly number[];
  /**
   * The mean share of all GPUs that is fragments, over the first whole of the course, as
   * `policy/fragmentation.ts` measures it; null where nobody asked.
   */
  readonly meanFragmentation: number | null;
  /** Requests for all the GPUs of a host: how many came, were refused, and were refused although as many GPUs were free. */
  readonly wholeHost: {
    readonly arrived: number;
    readonly refused: number;
    readonly refusedWhileFree: number;
  };
  /** How many of the placed lie on nodes as their flavor promises. */
  readonly inSignature: number;
}
