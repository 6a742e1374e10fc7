import type { CostModel } from "../../cost/placement-cost.ts";
import type { Request } from "../../request/request.ts";
import type { HostState } from "../host-state.ts";
import { layoutSignature } from "../signature/layout-signature.ts";
import { type Space, spaceOn } from "../space/space.ts";
import { rankBesideAccelerators } from "./beside-accelerators.ts";
import { type Effort, effort, effortOn } from "./effort.ts";
import {
  canInterleave,
  hasEnough,
  interleavedShares,
  interleaveFit,
  strayingFit,
  strictFit,
} from "./fit.ts";
import type { Layout } from "./layout.ts";
import { interleavedMemory, ownMemory, strayingMemory } from "./least-memory.ts";
import { rankOnNodes } from "./on-nodes.ts";
import { type Ranking, ranking, type Terms } from "./ranking.ts";
import type { Rules } from "./rules.ts";

/** What the search found, and what it looked at. */
export interface Found {
  readonly space: Space;
  readonly model: CostModel;
  readonly best: Layout;
  /** The next best choice of devices or nodes; null when there is no other, or none was wanted. */
  readonly runnerUp: Layout | null;
  /** Whether every better choice was excluded (`effort.ts`). */
  readonly exhaustive: boolean;
}

/**
 * Which accelerators, NICs and nodes, and how much of each node, for one request on one host.
 *
 * The search is exact: every choice that could matter is enumerated or excluded by a bound, never
 * guessed. `Objective` says what is best, `plan-check.ts` what is legal, and the tests hold both
 * against brute force.
 *
 * Under `strict` cores and memory come from the nodes of the accelerators. `preferred` asks for
 * that first and strays only where it is not to be had; `interleave` spreads the memory always.
 */
export function search(host: HostState, request: Request): Found | null {
  return searchSpace(spaceOn(host, request), { explained: true });
}

/** The same, of what a host offers, and on further terms. */
export function searchSpace(space: Space, terms: Terms): Found | null {
  const { request, inventory } = space;
  const model = inventory.relations.model(request.workload);
  const rank = request.accelerators.count > 0 ? rankBesideAccelerators : rankOnNodes;
  const byObjective = terms.loss === undefined && terms.accepts === undefined;
  const isPlain = byObjective && request.signature === null;
  const steps = terms.effort ?? (isPlain ? effortOn(space) : effort());
  for (const [rules, accepts] of attempts(space, model, terms)) {
    const ranked = telling(ranking(space, { ...terms, accepts }), steps);
    rank({ space, model, rules, ranked, effort: steps });
    const best = ranked.best();
    if (best !== null) {
      return { space, model, best, runnerUp: ranked.runnerUp(), exhaustive: steps.sufficed() };
    }
  }
  return null;
}

/** A ranking that tells an effort when there is something in it. */
function telling(ranked: Ranking, steps: Effort): Ranking {
  return {
    ...ranked,
    offer: (layout) => {
      ranked.offer(layout);
      if (ranked.best() !== null) steps.found();
    },
  };
}

/** Whether there is any place at all, which takes less than to find the best. */
export function isPlaceable(host: HostState, request: Request): boolean {
  return searchSpace(spaceOn(host, request), { any: true }) !== null;
}

type Attempt = readonly [Rules, Terms["accepts"]];

/**
 * What to ask for first, and what only where that is not to be had. A flavor's signature is a
 * condition like any other, but under `preferred`, which takes another grade over none.
 */
function attempts(space: Space, model: CostModel, terms: Terms): readonly Attempt[] {
  const { signature, locality } = space.request;
  const inTurn = rulesInTurn(space, model);
  const asTheyCome = inTurn.map((rules): Attempt => [rules, terms.accepts]);
  if (signature === null) return asTheyCome;
  const asSold = (layout: Layout): boolean =>
    layoutSignature(space, layout).signature === signature && (terms.accepts?.(layout) ?? true);
  const inSignature = inTurn.map((rules): Attempt => [rules, asSold]);
  return locality === "preferred" ? [...inSignature, ...asTheyCome] : inSignature;
}

function rulesInTurn(space: Space, model: CostModel): readonly Rules[] {
  switch (space.request.locality) {
    case "strict":
      return [strictly(space)];
    case "preferred":
      return [strictly(space), straying(space, model)];
    case "interleave":
      return [interleaved(space)];
  }
}

function strictly(space: Space): Rules {
  const enough = hasEnough(space);
  return {
    isPossible: () => enough,
    fit: strictFit(space),
    work: 10,
    mayHold: (node, units, granules) => node.units >= units && (node.granules ?? 0) >= granules,
    leastMemory: ownMemory,
    besideDevices: true,
  };
}

function straying(space: Space, model: CostModel): Rules {
  const enough = hasEnough(space);
  return {
    isPossible: () => enough,
    fit: strayingFit(space, model),
    work: 10 * space.nodes.length ** 2,
    mayHold: () => true,
    leastMemory: strayingMemory(space),
    besideDevices: false,
  };
}

const interleaved = (space: Space): Rules => ({
  isPossible: (cells) => canInterleave(space, cells),
  sharesFit: interleavedShares(space),
  fit: interleaveFit(space),
  work: 4 * space.nodes.length,
  mayHold: (node, units) => node.units >= units,
  leastMemory: interleavedMemory(space),
  besideDevices: false,
});
