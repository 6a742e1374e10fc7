import { compareObjectives, type Layout, type Objective } from "./layout.ts";

/** The best layout, and the next best where it is wanted, kept while a search offers them in its order. */
export interface Ranking {
  /** Of two equal layouts the one offered first ranks higher. */
  readonly offer: (layout: Layout) => void;
  /** Whether a layout that can be no better than `bound` could still matter. */
  readonly open: (bound: Objective) => boolean;
  /** Whether a layout of more cells can matter no more. */
  readonly settled: () => boolean;
  readonly best: () => Layout | null;
  readonly runnerUp: () => Layout | null;
}

/** @param explained whether the next best is wanted too, to say why it was not taken. */
export function ranking(explained: boolean): Ranking {
  let best: Layout | null = null;
  let runnerUp: Layout | null = null;
  const last = (): Layout | null => (explained ? runnerUp : best);
  return {
    offer: (layout) => {
      if (best === null || compareObjectives(layout.objective, best.objective) < 0) {
        [best, runnerUp] = [layout, best];
      } else if (runnerUp === null || compareObjectives(layout.objective, runnerUp.objective) < 0) {
        runnerUp = layout;
      }
    },
    open: (bound) => {
      const worst = last();
      return worst === null || compareObjectives(bound, worst.objective) < 0;
    },
    settled: () => last() !== null,
    best: () => best,
    runnerUp: () => runnerUp,
  };
}
