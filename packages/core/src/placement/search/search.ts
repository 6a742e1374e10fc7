import type { CostModel } from "../../cost/placement-cost.ts";
import type { Request } from "../../request/request.ts";
import type { HostState } from "../../plan/host-state.ts";
import { at } from "../../unit/list.ts";
import { isOfSignature } from "../layout/layout-signature.ts";
import { type Space, spaceFor, spaceOn } from "../space/space.ts";
import { rankWithAccelerators } from "./accelerators/with-accelerators.ts";
import { type Effort, effort } from "./rank/effort.ts";
import { interleavePolicy } from "./locality/interleave.ts";
import type { Layout } from "../layout/layout.ts";
import type { LocalityPolicy } from "./locality/locality-policy.ts";
import { rankWithoutAccelerators } from "./nodes/without-accelerators.ts";
import { strictPolicy } from "./locality/strict.ts";
import { bestOf, type Ranking, ranking, type SearchOptions } from "./rank/ranking.ts";
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

/**
 * Places a request on the space that a host offers, with options.
 *
 * Where the machine's cores are of several classes, each class is searched by itself, the fastest
 * first, and then all of them together, for the requests that no one class can hold as well. The
 * best of these is the best of all: a layout of one class is found in the search of that class.
 */
export function searchSpace(space: Space, options: SearchOptions): SearchResult | null {
  const { request, inventory } = space;
  const model = inventory.relations.model(request.workload);
  const { effort: budget = effort() } = options;
  const searches = inClasses(space).map((offered) => attempts(offered, model, options));
  for (const i of at(searches, 0).keys()) {
    const found: Ranking[] = [];
    for (const attempt of searches.map((tries) => at(tries, i))) {
      const ranked = rankedBy(attempt, model, options, budget);
      if (ranked.best() !== null) found.push(ranked);
      if (options.any === true && found.length > 0) break;
    }
    const { best, runnerUp } = bestOf(space, found, options);
    if (best !== null) return { space, model, best, runnerUp, exhaustive: budget.sufficed() };
  }
  return null;
}

/** The spaces of each class of cores, and that of all; one where the machine has one class. */
function inClasses(space: Space): readonly Space[] {
  const { inventory, occupancy, request } = space;
  const { classes } = inventory.cores;
  if (classes.length < 2) return [space];
  const each = classes.map((_, coreClass) => spaceFor(inventory, occupancy, request, coreClass));
  return [...each, space];
}

function rankedBy(
  { space, policy, accepts }: Attempt,
  model: CostModel,
  options: SearchOptions,
  budget: Effort,
): Ranking {
  const ranked = ranking(space, { ...options, accepts });
  const rank =
    space.request.accelerators.count > 0 ? rankWithAccelerators : rankWithoutAccelerators;
  rank({ space, model, policy, ranked, effort: budget });
  return ranked;
}

/** Whether there is any place at all, which is cheaper than finding the best. */
export function isPlaceable(host: HostState, request: Request): boolean {
  return searchSpace(spaceOn(host, request), { any: true }) !== null;
}

interface Attempt {
  readonly space: Space;
  readonly policy: LocalityPolicy;
  readonly accepts: SearchOptions["accepts"];
}

/**
 * The searches to try one after the other until one finds a place. A flavor's signature is a
 * condition like any other, except under `preferred`, which takes another signature rather than
 * none.
 */
function attempts(space: Space, model: CostModel, options: SearchOptions): readonly Attempt[] {
  const { signature, locality } = space.request;
  const inTurn = policiesInTurn(space, model);
  const accepting = (accepts: Attempt["accepts"]): readonly Attempt[] =>
    inTurn.map((policy) => ({ space, policy, accepts }));
  const inAnySignature = accepting(options.accepts);
  if (signature === null) return inAnySignature;
  const inSignature = accepting(
    (layout) => isOfSignature(space, layout, signature) && (options.accepts?.(layout) ?? true),
  );
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
