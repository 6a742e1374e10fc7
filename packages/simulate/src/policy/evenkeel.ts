import type { HostState } from "../fleet/host.ts";
import { byScore } from "./by-score.ts";
import { furtherSales } from "./sellable-capacity.ts";
import type { Policy } from "./policy.ts";

/**
 * Evenkeel's choice of a host: the way after which the fleet can still sell the most. A placement
 * changes one host, so the loss of the fleet is the loss of that host, and comparing hosts by it is
 * exact for the objective: no other placement of this task leaves room for more, in expectation
 * over the demand. Ties go to the smallest name and the lowest node and GPU, so that the same input
 * gives the same plan. Losses are compared to the billionth: below it they differ by how sums
 * were rounded, and hosts that lose the same would be told apart by noise.
 *
 * It is strict: a VM lies on the nodes of its signature or is refused.
 */
export const evenkeel: Policy = {
  name: "evenkeel",
  title: "Evenkeel",
  source: "least loss of what the fleet could still sell",
  knowsNodes: true,
  start: (setting) => {
    const sales = furtherSales(setting.demand);
    const known = new WeakMap<HostState, number>();
    const before = (host: HostState): number => {
      let value = known.get(host);
      if (value === undefined) known.set(host, (value = sales(host)));
      return value;
    };
    return byScore(setting, {
      score: (host, next) => Math.round((sales(next) - before(host)) * 1e9),
      ties: "name",
    });
  },
};
