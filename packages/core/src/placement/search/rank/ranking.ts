import { compareCosts } from "../../../cost/compare-costs.ts";
import { freeAccelerators } from "../../space/devices.ts";
import { type Device, unboundAmong } from "../../inventory/devices.ts";
import type { Space } from "../../space/space.ts";
import { invariant } from "../../../invariant.ts";
import { once } from "../../../once.ts";
import { at } from "../../../unit/list.ts";
import { type Tally, count, countOf } from "../../../unit/tally.ts";
import { coreVariants } from "../../layout/layout-cores.ts";
import type { Effort } from "./effort.ts";
import {
  compareObjectives,
  fasterClasses,
  type Layout,
  type Objective,
} from "../../layout/layout.ts";
import { sumOf } from "../../../unit/sum.ts";

/**
 * Keeps the incumbent, the best layout that a search has offered, and where it is wanted the
 * runner-up with other devices or nodes. Layouts are ordered by objective, then by loss. Ties of a
 * VM without accelerators go to the layout with fewer free accelerators on its nodes; then to that
 * of the fastest class of cores; then to the layout with more devices that the host has bound to
 * vfio-pci already; then to the layout whose accelerators have the lower positions, then to the one
 * offered first. So the order in which sets of accelerators are offered does not matter.
 */
export interface Ranking {
  /**
   * Which variants to offer for the same accelerators and nodes: they differ in NICs, and in the
   * cells that get the remainder of cores and granules. `best` is the first of the best, where
   * nothing else tells them apart; `tied` are all of the best, where they may lose differently;
   * `all` includes those that cost more, where only one of them may be accepted.
   */
  readonly variants: "best" | "tied" | "all";
  readonly offer: (layout: Layout) => void;
  /**
   * Whether a layout that is no better than `bound` could still matter.
   *
   * @param beginning the first positions of its accelerators, ascending. A layout that is equal so
   *   far matters only if these positions may come before those of the layout it would replace.
   *   Without them, layouts are offered in order, and an equal one comes too late.
   */
  readonly couldImprove: (bound: Objective, beginning?: () => readonly number[]) => boolean;
  /** Whether every layout could matter, so that there is no need to bound one. */
  readonly unbounded: () => boolean;
  /** Whether all that is wanted has been found, so that layouts of more cells cannot matter. */
  readonly isComplete: () => boolean;
  readonly best: () => Layout | null;
  /** Null when there is none, or none was wanted. */
  readonly runnerUp: () => Layout | null;
}

/** What a search looks for besides the best objective. */
export interface SearchOptions {
  /** Whether the runner-up is wanted too, to explain why it was not taken. */
  readonly explained?: boolean;
  /** Which layouts may be taken at all; asked only for layouts that would rank. */
  readonly accepts?: ((layout: Layout) => boolean) | undefined;
  /** What a layout costs the future (`capacity/loss.ts`): of equal layouts the least is best. */
  readonly loss?: ((layout: Layout) => number) | undefined;
  /** Layouts of more cells, or of as many and a higher cost, are not wanted. */
  readonly within?: { readonly cells: number; readonly cost: number } | undefined;
  /** Another limit than that of every search. */
  readonly effort?: Effort | undefined;
  /**
   * An objective that nothing beats, from another host of the class: the first to reach it wins.
   */
  readonly knownOptimum?: KnownOptimum | undefined;
  /** Whether the first layout that is found will do. */
  readonly any?: boolean;
}

/** The value of the best place on a host. */
export interface KnownOptimum {
  readonly objective: Objective;
  readonly loss: number;
  /** Free accelerators on the nodes of a VM that asks for none. */
  readonly freeAcceleratorsOnNodes: number;
  /** Devices that would have to be bound to vfio-pci. */
  readonly unboundDevices: number;
}

/** Makes a ranking without a layout yet. */
export function ranking(space: Space, options: SearchOptions): Ranking {
  const { explained = false, accepts, loss, within, knownOptimum, any = false } = options;
  const freeAcceleratorsOf = freeAcceleratorCounter(space);
  const compare = comparison(space, options);
  const leastUnbound = leastUnboundDevices(space);
  const reachesOptimum = ({ layout, loss: lost }: Ranked): boolean =>
    knownOptimum !== undefined &&
    compareObjectives(layout.objective, knownOptimum.objective) <= 0 &&
    compareCosts(lost(), knownOptimum.loss) <= 0 &&
    freeAcceleratorsOf(layout) <= knownOptimum.freeAcceleratorsOnNodes &&
    unboundDevices(layout) <= knownOptimum.unboundDevices;
  let best: Ranked | null = null;
  let runnerUp: Ranked | null = null;
  let reached = false;
  const worstKept = (): Ranked | null => (explained && !reached ? runnerUp : best);
  const offer = (layout: Layout): void => {
    const worst = worstKept();
    if (isBeyond(layout.objective, within)) return;
    const ranked = rankedLayout(layout, loss);
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
    // The cache that the last cores come from makes no difference to the VM, only to the loss.
    offer: (layout) => {
      if (loss === undefined) offer(layout);
      else for (const variant of coreVariants(space, layout)) offer(variant);
    },
    couldImprove: (bound, beginning) => {
      const worst = worstKept();
      if (isBeyond(bound, within)) return false;
      if (worst === null) return true;
      if (any) return false;
      const difference = compareObjectives(bound, worst.layout.objective);
      if (difference > 0) return false;
      // An equal layout may still lose less, lie beside fewer free accelerators, have more devices
      // of vfio-pci, or come first.
      const mayBeBetter =
        difference < 0 ||
        loss !== undefined ||
        freeAcceleratorsOf(worst.layout) > 0 ||
        unboundDevices(worst.layout) > leastUnbound;
      if (!reached && mayBeBetter) return true;
      return beginning !== undefined && comparePlaces(beginning(), worst.place) <= 0;
    },
    unbounded: () => worstKept() === null && within === undefined,
    isComplete: () => worstKept() !== null,
    best: () => (best === null ? null : best.layout),
    runnerUp: () => (explained && runnerUp !== null ? runnerUp.layout : null),
  };
}

/**
 * The best and the runner-up of several rankings of one space, each with its best and its own
 * runner-up. Of equal layouts the one of the faster class is better, then that of the earlier
 * ranking.
 */
export function bestOf(
  space: Space,
  rankings: readonly Ranking[],
  options: SearchOptions,
): { readonly best: Layout | null; readonly runnerUp: Layout | null } {
  const [only, ...others] = rankings;
  if (only === undefined) return { best: null, runnerUp: null };
  if (others.length === 0) return { best: only.best(), runnerUp: only.runnerUp() };
  const compare = comparison(space, options);
  const layouts = rankings.flatMap((each) => [each.best() ?? [], each.runnerUp() ?? []].flat());
  const [best, ...rest] = layouts
    .map((layout) => rankedLayout(layout, options.loss))
    .toSorted(compare)
    .map(({ layout }) => layout);
  invariant(best !== undefined, "each of the rankings has a best layout");
  const runnerUp = rest.find((layout) => !isSameChoice(layout, best));
  const isWanted = options.explained === true && runnerUp !== undefined;
  return { best, runnerUp: isWanted ? runnerUp : null };
}

function comparison(space: Space, { loss }: SearchOptions): (a: Ranked, b: Ranked) => number {
  const freeAcceleratorsOf = freeAcceleratorCounter(space);
  return (a, b) =>
    compareObjectives(a.layout.objective, b.layout.objective) ||
    (loss === undefined ? 0 : compareCosts(a.loss(), b.loss())) ||
    freeAcceleratorsOf(a.layout) - freeAcceleratorsOf(b.layout) ||
    fasterClasses(a.layout) - fasterClasses(b.layout) ||
    unboundDevices(a.layout) - unboundDevices(b.layout) ||
    comparePlaces(a.place, b.place);
}

function rankedLayout(layout: Layout, loss: SearchOptions["loss"]): Ranked {
  const lost = loss === undefined ? noLoss : once(() => loss(layout));
  return { layout, place: placeOf(layout), loss: lost };
}

/** A layout with its place: the positions of its accelerators, ascending, and its first node. */
interface Ranked {
  readonly layout: Layout;
  readonly place: readonly number[];
  /** Computed when first asked for. */
  readonly loss: () => number;
}

const noLoss = (): number => 0;

/** Counts the free accelerators on a layout's nodes; 0 for a VM that has accelerators itself. */
export function freeAcceleratorCounter(space: Space): (layout: Pick<Layout, "cells">) => number {
  if (space.request.accelerators.count > 0) return () => 0;
  const free: Tally<number | null> = new Map();
  for (const { node } of freeAccelerators(space)) count(free, node);
  if (free.size === 0) return () => 0;
  return ({ cells }) => sumOf(cells, ({ node }) => countOf(free, node));
}

/** How many of a layout's devices would have to be bound to vfio-pci. */
export function unboundDevices({ cells }: Pick<Layout, "cells">): number {
  return sumOf(cells, ({ accelerators, nics }) => unboundAmong([...accelerators, ...nics]));
}

/** No layout of the request has fewer: all bound devices that are free, were they together. */
function leastUnboundDevices({ request, accelerators, nics }: Space): number {
  const least = (wanted: number, free: readonly Device[]): number =>
    Math.max(0, wanted - (free.length - unboundAmong(free)));
  return least(request.accelerators.count, accelerators) + least(request.nics.count, nics);
}

/** Whether two layouts have the same devices on the same nodes; cores and pages may differ. */
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
