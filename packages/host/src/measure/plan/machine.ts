/** A machine as it is for measuring: what may be used of it, now and by this process. */
export interface MeasurableMachine {
  /** By ascending id. */
  readonly nodes: readonly MeasurableNode[];
  /** SLIT in the order of `nodes`; null where nobody told. */
  readonly distances: readonly (readonly number[])[] | null;
}

export interface MeasurableNode {
  readonly id: number;
  /** One CPU of each core that may be used, the idlest first. */
  readonly cpus: readonly number[];
  /** How many cores it has, whether they may be used or not. */
  readonly coreCount: number;
  /** What may be taken of its memory, a margin left; 0 where it has none or none may be used. */
  readonly freeBytes: number;
  /** Of that, free huge pages of 2 MiB that are set apart. */
  readonly freeHugeBytes: number;
  /**
   * The last-level cache that one core fills; 0 where there is none, as emulated CPUs have it, and
   * null where nobody told.
   */
  readonly coreCacheBytes: number | null;
  /** All last-level caches that its cores fill together, told alike. */
  readonly nodeCacheBytes: number | null;
  /** Whether load on all of its cores would disturb nobody. */
  readonly mayBeLoaded: boolean;
}

export interface MeasureLimits {
  readonly memoryBytes: number;
  readonly timeMs: number;
  /** Loaded curves of all pairs, in place of those that tell most. */
  readonly everyPair: boolean;
  /** Times mean nothing here: each figure as seldom as can be, and curves only of every pair. */
  readonly isCursory: boolean;
}
