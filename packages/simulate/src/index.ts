/**
 * What `@evenkeel/simulate` offers to programs elsewhere: fleets over time under placement
 * policies. Modules inside the repository name each other by their paths.
 */

// Scenarios
export type { Arrival, Scenario } from "./run/scenario.ts";
export { catalogScenario } from "./catalog/scenario.ts";
export { openbScenario, withNodes } from "./openb/scenario.ts";
export { readOpenbNodes } from "./openb/read-nodes.ts";
export { readOpenbTasks } from "./openb/read-tasks.ts";
export { type OpenbTrace, openbTraces, publishedSeeds, publishedShare } from "./openb/published.ts";
export type { HostShape, HostState, NodeShape, NodeState } from "./fleet/host.ts";
export type { Task, TaskShare } from "./fleet/task.ts";

// Policies
export { policies, policyNamed, policyNames } from "./policy/policies.ts";
export type { Choice, Placer, Policy, Setting } from "./policy/policy.ts";
export { byScore, type Score, type ScoreRule } from "./policy/by-score.ts";
export type { Allocation, NodeAllocation } from "./fleet/allocations.ts";

// Comparison
export { compare, type ComparedPolicy, type Comparison, headline } from "./run/compare.ts";
export { simulate, type SimulateOptions } from "./run/simulate.ts";
export type { Outcome } from "./run/outcome.ts";
export type { Figure, Summary } from "./run/summary.ts";
export { drawComparison } from "./draw/draw-comparison.ts";
