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
import { strayingPolicy } from "./locality/preferred.ts";

/** What the search found, and what it looked at. */
export interface SearchResult {
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
 * The search is exact: every choice that could matter is tried, but for those that are
 * interchangeable with one that was, never guessed. `Objective` says what is best, `plan-check.ts`
 * what is legal, and the tests hold both against brute force.
 *
 * Under `strict` cores and memory come from the nodes of the accelerators. `preferred` asks for
 * that first and strays only where it is not to be had; `interleave` spreads the memory always.
 */
export function search(host: HostState, request: Request): SearchResult | null {
  return searchSpace(spaceOn(host, request), { explained: true });
}

/** The same, of what a host offers, and on further terms. */
export function searchSpace(space: Space, options: SearchOptions): SearchResult | null {
  const { request, inventory } = space;
  const model = inventory.relations.model(request.workload);
  const rank = request.accelerators.count > 0 ? rankWithAccelerators : rankWithoutAccelerators;
  const { effort: steps = effort() } = options;
  for (const [policy, accepts] of attempts(space, model, options)) {
    const ranked = ranking(space, { ...options, accepts });
    rank({ space, model, policy, ranked, effort: steps });
    const best = ranked.best();
    if (best !== null) {
      return { space, model, best, runnerUp: ranked.runnerUp(), exhaustive: steps.sufficed() };
    }
  }
  return null;
}

/** Whether there is any place at all, which takes less than to find the best. */
export function isPlaceable(host: HostState, request: Request): boolean {
  return searchSpace(spaceOn(host, request), { any: true }) !== null;
}

type Attempt = readonly [LocalityPolicy, SearchOptions["accepts"]];

/**
 * What to ask for first, and what only where that is not to be had. A flavor's signature is a
 * condition like any other, but under `preferred`, which takes another signature over none.
 */
function attempts(space: Space, model: CostModel, options: SearchOptions): readonly Attempt[] {
  const { signature, locality } = space.request;
  const inTurn = policiesInTurn(space, model);
  const asTheyCome = inTurn.map((policy): Attempt => [policy, options.accepts]);
  if (signature === null) return asTheyCome;
  const asSold = (layout: Layout): boolean =>
    layoutSignature(space, layout).signature === signature && (options.accepts?.(layout) ?? true);
  const inSignature = inTurn.map((policy): Attempt => [policy, asSold]);
  return locality === "preferred" ? [...inSignature, ...asTheyCome] : inSignature;
}

function policiesInTurn(space: Space, model: CostModel): readonly LocalityPolicy[] {
  switch (space.request.locality) {
    case "strict":
      return [strictPolicy(space)];
    case "preferred":
      return [strictPolicy(space), strayingPolicy(space, model)];
    case "interleave":
      return [interleavePolicy(space, model)];
  }
}
