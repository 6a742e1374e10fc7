import type { HostState } from "../fleet/host.ts";
import { byScore } from "./by-score.ts";
import { fragmentationOf } from "./fragmentation.ts";
import type { Policy } from "./policy.ts";

/**
 * Fragmentation gradient descent as published: the allocation that adds the least fragmentation. As
 * in the authors' scheduler plugin, the descent in GPUs goes through the logistic function and is
 * cut to a whole score of 0 to 99, and the smallest name wins among hosts of one score. Both
 * matter: with the exact descent, or with ties broken at random, the published figures are not
 * reached. (Weng et al., USENIX ATC 2023; simulator, pkg/simulator/plugin/fgd_score.go.)
 */
export const gradientDescent: Policy = {
  name: "fgd",
  title: "Fragmentation gradient descent",
  source: "Weng et al., USENIX ATC 2023, FGD",
  knowsNodes: false,
  start: (setting) => {
    const fragmentation = fragmentationOf(setting.demand);
    const known = new WeakMap<HostState, number>();
    const before = (host: HostState): number => {
      let value = known.get(host);
      if (value === undefined) known.set(host, (value = fragmentation(host)));
      return value;
    };
    return byScore(setting, {
      score: (host, next) => {
        const descent = (before(host) - fragmentation(next)) / 1000;
        return Math.floor(100 / (1 + Math.exp(-descent)));
      },
      ties: "name",
    });
  },
};
