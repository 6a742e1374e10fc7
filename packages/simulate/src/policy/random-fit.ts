import { byScore } from "./by-score.ts";
import type { Policy } from "./policy.ts";

/**
 * Any host that has room, each as likely as any other. Which of its ways is drawn when the host has
 * changed, and stays until it changes again.
 */
export const randomFit: Policy = {
  name: "random",
  title: "Random",
  source: "Weng et al., USENIX ATC 2023, baseline Random",
  knowsNodes: false,
  start: (setting) =>
    byScore(setting, {
      score: () => 0,
      within: () => setting.random.unit(),
      ties: "random",
    }),
};
