import { setTimeout as wait } from "node:timers/promises";

/** The time, and waiting for it to pass. Callers pass a clock to every operation. */
export interface Clock {
  readonly now: () => Date;
  /** Waits that long, or until the signal is aborted. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** This machine's clock. */
export const systemClock: Clock = {
  now: () => new Date(),
  sleep: async (ms, signal) => {
    await wait(ms, undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
      if (signal?.aborted !== true) throw error;
    });
  },
};
