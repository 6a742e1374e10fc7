import { byScore } from "./by-score.ts";
import type { Policy } from "./policy.ts";

/**
 * First fit: the first host by name that has room, and on it the lowest node and GPUs. A simple
 * rule and a strong one: hosts fill up one after another, so the hosts at the end stay whole.
 */
export const firstFit: Policy = {
  name: "first-fit",
  title: "First fit by name",
  source: "the simplest rule",
  knowsNodes: false,
  start: (setting) => byScore(setting, { score: () => 0, ties: "name" }),
};
