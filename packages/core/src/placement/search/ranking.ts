import { compareObjectives, type Layout, type Objective } from "./layout.ts";

/** The best layout and the next best, kept while a search offers them in its order. */
export interface Ranking {
  /** Of two equal layouts the one offered first ranks higher. */
  readonly offer: (layout: Layout) => void;
  /** Whether a layout that can be no better than `bound` could still matter. */
  readonly open: (bound: Objective) => boolean;
  readonly best: () => Layout | null;
  readonly runnerUp: () => Layout | null;
}

export function ranking(): Ranking {
  let best: Layout | null = null;
  let runnerUp: Layout | null = null;
  return {
    offer: (layout) => {
      if (best === null || compareObjectives(layout.objective, best.objective) < 0) {
        [best, runnerUp] = [layout, best];
      } else if (runnerUp === null || compareObjectives(layout.objective, runnerUp.objective) < 0) {
        runnerUp = layout;
      }
    },
    open: (bound) => runnerUp === null || compareObjectives(bound, runnerUp.objective) < 0,
    best: () => best,
    runnerUp: () => runnerUp,
  };
}
