import type { Space } from "../space/space.ts";
import { coreVariants } from "./core-variants.ts";
import type { Effort } from "./effort.ts";
import { compareObjectives, type Layout, type Objective } from "./layout.ts";

/** The best layout, and the next best where it is wanted, kept while a search offers them in its order. */
export interface Ranking {
  /** Of two equal layouts the one offered first ranks higher. */
  readonly offer: (layout: Layout) => void;
  /** Whether a layout that can be no better than `bound` could still matter. */
  readonly open: (bound: Objective) => boolean;
  /** Whether any layout at all could still matter, so that there is no need to bound it. */
  readonly unbounded: () => boolean;
  /** Whether a layout of more cells can matter no more. */
  readonly settled: () => boolean;
  readonly best: () => Layout | null;
  readonly runnerUp: () => Layout | null;
}

/** What a search is asked for beside the best by its objective. */
export interface Terms {
  /** Whether the next best is wanted too, to say why it was not taken. */
  readonly explained?: boolean;
  /** Which layouts may be taken at all; asked only of those that would rank. */
  readonly accepts?: ((layout: Layout) => boolean) | undefined;
  /** What a layout costs the future: of equal ones the one with the least is best. */
  readonly loss?: ((layout: Layout) => number) | undefined;
  /** Beyond which cells and cost nothing is wanted, however little else there is. */
  readonly within?: { readonly cells: number; readonly cost: number } | undefined;
  /** How far to go, where it is not as far as any search may. */
  readonly effort?: Effort | undefined;
  /** What is known to be the best there is: the first layout that reaches it ends the search. */
  readonly known?: { readonly objective: Objective; readonly loss: number } | undefined;
}

export function ranking(space: Space, terms: Terms): Ranking {
  const { explained = false, accepts, loss, known, within } = terms;
  const lossOf = remembered(loss ?? (() => 0));
  const compare = (a: Layout, b: Layout): number => {
    const difference = compareObjectives(a.objective, b.objective);
    if (difference !== 0 || loss === undefined) return difference;
    const lost = lossOf(a) - lossOf(b);
    return Math.abs(lost) < 1e-9 ? 0 : lost;
  };
  let best: Layout | null = null;
  let runnerUp: Layout | null = null;
  let reached = false;
  const isKnownBest = (layout: Layout): boolean =>
    known !== undefined &&
    compareObjectives(layout.objective, known.objective) <= 0 &&
    lossOf(layout) <= known.loss + 1e-9;
  const last = (): Layout | null => (explained ? runnerUp : best);
  const offer = (layout: Layout): void => {
    const worst = last();
    if (isBeyond(layout.objective, within)) return;
    if (worst !== null && compare(layout, worst) >= 0) return;
    if (accepts !== undefined && !accepts(layout)) return;
    if (best === null || compare(layout, best) < 0) {
      [best, runnerUp] = [layout, best];
      reached = isKnownBest(layout);
    } else if (runnerUp === null || compare(layout, runnerUp) < 0) {
      runnerUp = layout;
    }
  };
  return {
    // Which cache the last cores come from is nothing to the VM: it matters for what is lost.
    offer: (layout) => {
      if (loss === undefined) offer(layout);
      else for (const variant of coreVariants(space, layout)) offer(variant);
    },
    open: (bound) => {
      const worst = last();
      if (reached || isBeyond(bound, within)) return false;
      if (worst === null) return true;
      const difference = compareObjectives(bound, worst.objective);
      // What is equal so far may still lose less.
      return difference < 0 || (difference === 0 && loss !== undefined);
    },
    unbounded: () => last() === null && within === undefined,
    settled: () => last() !== null,
    best: () => best,
    runnerUp: () => runnerUp,
  };
}

function isBeyond({ cells, cost }: Objective, within: Terms["within"]): boolean {
  if (within === undefined) return false;
  return cells > within.cells || (cells === within.cells && cost > within.cost + 1e-9);
}

function remembered(loss: (layout: Layout) => number): (layout: Layout) => number {
  const known = new WeakMap<Layout, number>();
  return (layout) => {
    const before = known.get(layout);
    if (before !== undefined) return before;
    const value = loss(layout);
    known.set(layout, value);
    return value;
  };
}
