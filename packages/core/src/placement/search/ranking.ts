import type { Space } from "../space/space.ts";
import { coreVariants } from "./core-variants.ts";
import type { Effort } from "./effort.ts";
import { compareObjectives, type Layout, type Objective } from "./layout.ts";

/**
 * The best layout, and the next best where it is wanted, kept while a search offers them. Of two that
 * are equal in all that a layout is judged by, the one whose accelerators have the lower positions
 * ranks higher, then the one that was offered first; so it does not matter in which order sets of
 * accelerators are gone through.
 */
export interface Ranking {
  /**
   * Which of the ways to choose NICs for the same accelerators and nodes are to be offered: the first
   * of the best, where nothing else could tell them apart; all that are as good, where they may lose
   * differently; or any, where even one that costs more may be what is accepted.
   */
  readonly nics: "first" | "equal" | "any";
  readonly offer: (layout: Layout) => void;
  /**
   * Whether a layout that can be no better than `bound` could still matter.
   *
   * @param beginning the positions with which its accelerators begin, ascending: what is equal so
   *   far matters only if these may still come before those of the one it would replace. Without
   *   it, layouts are offered in order, and an equal one comes too late.
   */
  readonly open: (bound: Objective, beginning?: () => readonly number[]) => boolean;
  /** Whether any layout at all could matter, so that there is no need to bound it. */
  readonly unbounded: () => boolean;
  /** Whether a layout of more cells can matter no more. */
  readonly settled: () => boolean;
  readonly best: () => Layout | null;
  /** Null when there is no other, or none was wanted. */
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
  /** What is known to be the best there is: nothing is looked for beyond who reaches it first. */
  readonly known?: { readonly objective: Objective; readonly loss: number } | undefined;
  /** Whether the first layout that is found will do. */
  readonly any?: boolean;
}

export function ranking(space: Space, terms: Terms): Ranking {
  const { explained = false, any = false, accepts, loss, known, within } = terms;
  const lossOf = remembered(loss ?? (() => 0));
  const compare = (a: Ranked, b: Ranked): number => {
    const difference = compareObjectives(a.layout.objective, b.layout.objective);
    if (difference !== 0) return difference;
    const lost = loss === undefined ? 0 : lossOf(a.layout) - lossOf(b.layout);
    return Math.abs(lost) < 1e-9 ? comparePlaces(a.place, b.place) : lost;
  };
  let best: Ranked | null = null;
  let runnerUp: Ranked | null = null;
  let reached = false;
  const isKnownBest = ({ layout }: Ranked): boolean =>
    known !== undefined &&
    compareObjectives(layout.objective, known.objective) <= 0 &&
    lossOf(layout) <= known.loss + 1e-9;
  const last = (): Ranked | null => (explained && !reached ? runnerUp : best);
  const offer = (layout: Layout): void => {
    const worst = last();
    if (isBeyond(layout.objective, within)) return;
    const ranked = { layout, place: placeOf(layout) };
    if (worst !== null && compare(ranked, worst) >= 0) return;
    if (accepts !== undefined && !accepts(layout)) return;
    if (best === null || compare(ranked, best) < 0) {
      [best, runnerUp] = [ranked, best];
      reached = isKnownBest(ranked);
    } else if (runnerUp === null || compare(ranked, runnerUp) < 0) {
      runnerUp = ranked;
    }
  };
  return {
    nics: accepts !== undefined ? "any" : loss !== undefined ? "equal" : "first",
    // Which cache the last cores come from is nothing to the VM: it matters for what is lost.
    offer: (layout) => {
      if (loss === undefined) offer(layout);
      else for (const variant of coreVariants(space, layout)) offer(variant);
    },
    open: (bound, beginning) => {
      const worst = last();
      if (isBeyond(bound, within)) return false;
      if (worst === null) return true;
      if (any) return false;
      const difference = compareObjectives(bound, worst.layout.objective);
      if (difference > 0) return false;
      // What is equal so far may still lose less, or come first.
      if (!reached && (difference < 0 || loss !== undefined)) return true;
      return beginning !== undefined && comparePlaces(beginning(), worst.place) <= 0;
    },
    unbounded: () => last() === null && within === undefined,
    settled: () => last() !== null,
    best: () => best?.layout ?? null,
    runnerUp: () => (explained ? (runnerUp?.layout ?? null) : null),
  };
}

/** A layout and where it is: the positions of its accelerators, ascending, and its first node. */
interface Ranked {
  readonly layout: Layout;
  readonly place: readonly number[];
}

function placeOf({ cells }: Layout): readonly number[] {
  const positions = cells.flatMap((cell) => cell.accelerators.map(({ position }) => position));
  if (positions.length === 0) return [];
  return [...positions.toSorted((a, b) => a - b), cells[0]?.node ?? -1];
}

/** Negative or positive at the first difference; 0 where one ends before there is any. */
function comparePlaces(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
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
