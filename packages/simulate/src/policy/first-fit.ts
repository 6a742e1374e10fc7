import { byScore } from "./by-score.ts";
import type { Policy } from "./policy.ts";

/**
 * The first host by name that has room, and on it the lowest node and GPUs. It looks at nothing
 * else, and yet it is a hard rival: hosts fill up one after another, so those at the end stay whole.
 */
export const firstFit: Policy = {
  name: "first-fit",
  title: "First fit by name",
  source: "the plainest rule there is",
  knowsNodes: false,
  start: (setting) => byScore(setting, { score: () => 0, ties: "name" }),
};
