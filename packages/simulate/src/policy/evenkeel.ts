import type { HostState } from "../fleet/host.ts";
import { byScore } from "./by-score.ts";
import { sellableCapacity } from "./sellable-capacity.ts";
import type { Policy } from "./policy.ts";

/**
 * Evenkeel's rule for the choice of a host: the allocation after which the fleet can still sell the
 * most. A placement changes one host, so the loss of the fleet is the loss of that host, and the
 * comparison of hosts by their losses is exact: no other allocation for this task leaves more to
 * sell, in expectation over the demand. Ties go to the smallest name, the lowest node and the
 * lowest GPU, so that the same input gives the same choice. Losses are compared to the billionth,
 * because smaller differences are rounding errors of the sums.
 *
 * The rule is strict: a VM lies on the nodes of its signature or is refused.
 */
export const evenkeel: Policy = {
  name: "evenkeel",
  title: "Evenkeel",
  source: "least loss of what the fleet could still sell",
  knowsNodes: true,
  start: (setting) => {
    const sellable = sellableCapacity(setting.demand);
    const known = new WeakMap<HostState, number>();
    const before = (host: HostState): number => {
      let value = known.get(host);
      if (value === undefined) known.set(host, (value = sellable(host)));
      return value;
    };
    return byScore(setting, {
      score: (host, next) => Math.round((sellable(next) - before(host)) * 1e9),
      ties: "name",
    });
  },
};
