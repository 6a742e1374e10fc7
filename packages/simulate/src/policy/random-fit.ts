import { byScore } from "./by-score.ts";
import type { Policy } from "./policy.ts";

/**
 * A random host that has room, each with the same probability. The allocation on a host is drawn
 * when the host changes, and kept until it changes again.
 */
export const randomFit: Policy = {
  name: "random",
  title: "Random",
  source: "Weng et al., USENIX ATC 2023, baseline Random",
  knowsNodes: false,
  start: (setting) =>
    byScore(setting, {
      score: () => 0,
      withinHost: () => setting.random.unit(),
      ties: "random",
    }),
};
