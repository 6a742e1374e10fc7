import type { CostModel } from "../../cost/placement-cost.ts";
import type { Request } from "../../request/request.ts";
import type { HostState } from "../../plan/host-state.ts";
import { layoutSignature } from "../layout/layout-signature.ts";
import { type Space, spaceOn } from "../space/space.ts";
import { rankWithAccelerators } from "./accelerators/with-accelerators.ts";
import { effort } from "./rank/effort.ts";
import { interleavePolicy } from "./locality/interleave.ts";
import type { Layout } from "../layout/layout.ts";
import type { LocalityPolicy } from "./locality/locality-policy.ts";
import { rankWithoutAccelerators } from "./nodes/without-accelerators.ts";
import { strictPolicy } from "./locality/strict.ts";
import { ranking, type SearchOptions } from "./rank/ranking.ts";
import { preferredPolicy } from "./locality/preferred.ts";

/** The result of a search, with the space and the costs that it used. */
export interface SearchResult {
  readonly space: Space;
  readonly model: CostModel;
  readonly best: Layout;
  /** The next best choice of devices or nodes; null when there is none, or none was wanted. */
  readonly runnerUp: Layout | null;
  /** Whether every better choice was excluded: false at the limit of effort (`effort.ts`). */
  readonly exhaustive: boolean;
}

/**
 * Places one request on one host: which accelerators, NICs and nodes, and how much of each node.
 *
 * The search is exact, a branch and bound: it tries every choice that could matter, one of each
 * orbit, and guesses nothing. `Objective` defines what is best, `plan-check.ts` what is legal, and
 * the tests hold both against brute force.
 *
 * Under `strict` cores and memory come from the nodes of the accelerators. `preferred` tries that
 * first and strays only where it does not fit; `interleave` always spreads the memory.
 */
export function search(host: HostState, request: Request): SearchResult | null {
  return searchSpace(spaceOn(host, request), { explained: true });
}

/** Places a request on the space that a host offers, with options. */
export function searchSpace(space: Space, options: SearchOptions): SearchResult | null {
  const { request, inventory } = space;
  const model = inventory.relations.model(request.workload);
  const rank = request.accelerators.count > 0 ? rankWithAccelerators : rankWithoutAccelerators;
  const { effort: budget = effort() } = options;
  for (const [policy, accepts] of attempts(space, model, options)) {
    const ranked = ranking(space, { ...options, accepts });
    rank({ space, model, policy, ranked, effort: budget });
    const best = ranked.best();
    if (best !== null) {
      return { space, model, best, runnerUp: ranked.runnerUp(), exhaustive: budget.sufficed() };
    }
  }
  return null;
}

/** Whether there is any place at all, which is cheaper than finding the best. */
export function isPlaceable(host: HostState, request: Request): boolean {
  return searchSpace(spaceOn(host, request), { any: true }) !== null;
}

type Attempt = readonly [LocalityPolicy, SearchOptions["accepts"]];

/**
 * The searches to try one after the other until one finds a place. A flavor's signature is a
 * condition like any other, except under `preferred`, which takes another signature rather than
 * none.
 */
function attempts(space: Space, model: CostModel, options: SearchOptions): readonly Attempt[] {
  const { signature, locality } = space.request;
  const inTurn = policiesInTurn(space, model);
  const inAnySignature = inTurn.map((policy): Attempt => [policy, options.accepts]);
  if (signature === null) return inAnySignature;
  const asSold = (layout: Layout): boolean =>
    layoutSignature(space, layout).signature === signature && (options.accepts?.(layout) ?? true);
  const inSignature = inTurn.map((policy): Attempt => [policy, asSold]);
  return locality === "preferred" ? [...inSignature, ...inAnySignature] : inSignature;
}

function policiesInTurn(space: Space, model: CostModel): readonly LocalityPolicy[] {
  switch (space.request.locality) {
    case "strict":
      return [strictPolicy(space)];
    case "preferred":
      return [strictPolicy(space), preferredPolicy(space, model)];
    case "interleave":
      return [interleavePolicy(space, model)];
  }
}
