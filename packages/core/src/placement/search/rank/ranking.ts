import { compareCosts } from "../../../cost/compare-costs.ts";
import { freeAccelerators } from "../../space/devices.ts";
import type { Device } from "../../inventory/devices.ts";
import type { Space } from "../../space/space.ts";
import { once } from "../../../once.ts";
import { at } from "../../../unit/list.ts";
import { type Tally, count, countOf } from "../../../unit/tally.ts";
import { coreVariants } from "../../layout/core-variants.ts";
import type { Effort } from "./effort.ts";
import { compareObjectives, type Layout, type Objective } from "../../layout/layout.ts";

/**
 * The best layout, and where it is wanted the next best of other devices or nodes, kept while a
 * search offers them. Of two that are equal in all that a layout is judged by, and lose as much, a VM
 * without accelerators takes the one with fewer free ones on its nodes; then the one whose
 * accelerators have the lower positions ranks higher, then the one that was offered first. So it does
 * not matter in which order sets of accelerators are gone through.
 */
export interface Ranking {
  /**
   * Which of the ways to choose NICs, and to hand out what does not divide, for the same accelerators
   * and nodes are to be offered: the first of the best, where nothing else could tell them apart; all
   * that are as good, where they may lose differently; or any, where even one that costs more may be
   * what is accepted.
   */
  readonly variants: "best" | "tied" | "all";
  readonly offer: (layout: Layout) => void;
  /**
   * Whether a layout that can be no better than `bound` could still matter.
   *
   * @param beginning the positions with which its accelerators begin, ascending: what is equal so
   *   far matters only if these may still come before those of the one it would replace. Without
   *   it, layouts are offered in order, and an equal one comes too late.
   */
  readonly couldImprove: (bound: Objective, beginning?: () => readonly number[]) => boolean;
  /** Whether any layout at all could matter, so that there is no need to bound it. */
  readonly unbounded: () => boolean;
  /** Whether a layout of more cells can matter no more. */
  readonly isComplete: () => boolean;
  readonly best: () => Layout | null;
  /** Null when there is no other, or none was wanted. */
  readonly runnerUp: () => Layout | null;
}

/** What a search is asked for beside the best by its objective. */
export interface SearchOptions {
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
  readonly knownOptimum?: KnownOptimum | undefined;
  /** Whether the first layout that is found will do. */
  readonly any?: boolean;
}

/** What the best place on a host is judged by, but for where it is. */
export interface KnownOptimum {
  readonly objective: Objective;
  readonly loss: number;
  /** How many free accelerators a VM without any has on its nodes. */
  readonly freeAcceleratorsOnNodes: number;
}

export function ranking(space: Space, options: SearchOptions): Ranking {
  const { explained = false, accepts, loss, within, knownOptimum, any = false } = options;
  const freeAcceleratorsOf = freeAcceleratorCounter(space);
  const compare = (a: Ranked, b: Ranked): number =>
    compareObjectives(a.layout.objective, b.layout.objective) ||
    (loss === undefined ? 0 : compareCosts(a.loss(), b.loss())) ||
    freeAcceleratorsOf(a.layout) - freeAcceleratorsOf(b.layout) ||
    comparePlaces(a.place, b.place);
  const reachesOptimum = ({ layout, loss: lost }: Ranked): boolean =>
    knownOptimum !== undefined &&
    compareObjectives(layout.objective, knownOptimum.objective) <= 0 &&
    compareCosts(lost(), knownOptimum.loss) <= 0 &&
    freeAcceleratorsOf(layout) <= knownOptimum.freeAcceleratorsOnNodes;
  let best: Ranked | null = null;
  let runnerUp: Ranked | null = null;
  let reached = false;
  const last = (): Ranked | null => (explained && !reached ? runnerUp : best);
  const offer = (layout: Layout): void => {
    const worst = last();
    if (isBeyond(layout.objective, within)) return;
    const lost = loss === undefined ? noLoss : once(() => loss(layout));
    const ranked = { layout, place: placeOf(layout), loss: lost };
    if (worst !== null && compare(ranked, worst) >= 0) return;
    if (accepts !== undefined && !accepts(layout)) return;
    const isSame = best !== null && isSameChoice(layout, best.layout);
    if (best === null || compare(ranked, best) < 0) {
      if (!isSame) runnerUp = best;
      best = ranked;
      reached = reachesOptimum(ranked);
    } else if (!isSame && (runnerUp === null || compare(ranked, runnerUp) < 0)) {
      runnerUp = ranked;
    }
  };
  return {
    variants: accepts !== undefined ? "all" : loss !== undefined ? "tied" : "best",
    // Which cache the last cores come from is nothing to the VM: it matters for what is lost.
    offer: (layout) => {
      if (loss === undefined) offer(layout);
      else for (const variant of coreVariants(space, layout)) offer(variant);
    },
    couldImprove: (bound, beginning) => {
      const worst = last();
      if (isBeyond(bound, within)) return false;
      if (worst === null) return true;
      if (any) return false;
      const difference = compareObjectives(bound, worst.layout.objective);
      if (difference > 0) return false;
      // What is equal so far may still lose less, lie beside fewer accelerators, or come first.
      const mayBeBetter =
        difference < 0 || loss !== undefined || freeAcceleratorsOf(worst.layout) > 0;
      if (!reached && mayBeBetter) return true;
      return beginning !== undefined && comparePlaces(beginning(), worst.place) <= 0;
    },
    unbounded: () => last() === null && within === undefined,
    isComplete: () => last() !== null,
    best: () => (best === null ? null : best.layout),
    runnerUp: () => (explained && runnerUp !== null ? runnerUp.layout : null),
  };
}

/** A layout and where it is: the positions of its accelerators, ascending, and its first node. */
interface Ranked {
  readonly layout: Layout;
  readonly place: readonly number[];
  /** What it costs the future, worked out when first asked for. */
  readonly loss: () => number;
}

const noLoss = (): number => 0;

/** How many free accelerators a VM without any has on its nodes; 0 of one that has some itself. */
export function freeAcceleratorCounter(space: Space): (layout: Pick<Layout, "cells">) => number {
  if (space.request.accelerators.count > 0) return () => 0;
  const free: Tally<number | null> = new Map();
  for (const { node } of freeAccelerators(space)) count(free, node);
  if (free.size === 0) return () => 0;
  return ({ cells }) => cells.reduce((sum, { node }) => sum + countOf(free, node), 0);
}

/** Whether two layouts have the same devices on the same nodes, however cores and pages lie there. */
function isSameChoice(a: Layout, b: Layout): boolean {
  const isSame = (one: readonly Device[], other: readonly Device[]): boolean =>
    one.length === other.length && one.every((device, i) => device === other[i]);
  return (
    a.cells.length === b.cells.length &&
    a.cells.every((cell, i) => {
      const other = at(b.cells, i);
      return (
        cell.node === other.node &&
        isSame(cell.accelerators, other.accelerators) &&
        isSame(cell.nics, other.nics)
      );
    })
  );
}

function placeOf({ cells }: Layout): readonly number[] {
  const positions = cells.flatMap((cell) => cell.accelerators.map(({ position }) => position));
  if (positions.length === 0) return [];
  return [...positions.toSorted((a, b) => a - b), ...cells.slice(0, 1).map(({ node }) => node)];
}

/** Negative or positive at the first difference; 0 where one ends before there is any. */
function comparePlaces(a: readonly number[], b: readonly number[]): number {
  for (const [i, one] of a.entries()) {
    const other = b[i];
    if (other !== undefined && one !== other) return one - other;
  }
  return 0;
}

function isBeyond({ cells, cost }: Objective, within: SearchOptions["within"]): boolean {
  if (within === undefined) return false;
  return cells > within.cells || (cells === within.cells && compareCosts(cost, within.cost) > 0);
}
