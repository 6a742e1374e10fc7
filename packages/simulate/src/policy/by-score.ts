import { hostAfter, type Allocation, allocationsOn } from "../fleet/allocations.ts";
import type { HostState } from "../fleet/host.ts";
import type { Task } from "../fleet/task.ts";
import type { Random } from "@evenkeel/core/random/random.ts";
import type { Placer, Setting } from "./policy.ts";

/** Scores an allocation by the state of the host after it. The highest score is taken. */
export type Score = (host: HostState, after: HostState, task: Task) => number;

/** How ways are scored, and what decides among equals. */
export interface ScoreRule {
  readonly score: Score;
  /** Breaks ties between allocations on one host; without it the lowest indices win. */
  readonly withinHost?: Score;
  /**
   * Breaks ties between hosts: by the smallest name, or at random as the stock kube-scheduler does.
   */
  readonly ties: "name" | "random";
}

/** The best allocation of one task on every host, as far as it is worked out. */
interface TaskScores {
  readonly score: Float64Array;
  readonly allocation: (Allocation | null)[];
  /** How many entries of the list of changes these scores include. */
  upTo: number;
}

/**
 * A placer that takes the allocation with the highest score in the whole fleet.
 *
 * The best allocation of a task on a host is cached, and worked out again only after the host has
 * changed. Changed hosts are found by the identity of their states and appended to a list; each
 * task processes the new entries of that list when it arrives again. So a decision costs one
 * comparison for each host, a few nanoseconds, and new scores for the hosts that changed since the
 * same task arrived last.
 */
export function byScore({ hosts, random }: Setting, rule: ScoreRule): Placer {
  const known = new Map<Task, TaskScores>();
  const last: HostState[] = [];
  const changes: number[] = [];
  const noteChanges = (): void => {
    for (let i = 0; i < hosts.length; i++) {
      const host = hosts[i];
      if (host === undefined || host === last[i]) continue;
      last[i] = host;
      changes.push(i);
    }
  };
  const scoresFor = (task: Task): TaskScores => {
    let scores = known.get(task);
    if (scores === undefined) {
      scores = { score: new Float64Array(hosts.length), allocation: [], upTo: 0 };
      known.set(task, scores);
      for (const [i, host] of hosts.entries()) refresh(scores, i, host, task, rule);
    } else {
      for (const i of new Set(changes.slice(scores.upTo))) {
        const host = hosts[i];
        if (host !== undefined) refresh(scores, i, host, task, rule);
      }
    }
    scores.upTo = changes.length;
    return scores;
  };
  return {
    choose: (task) => {
      noteChanges();
      const { score, allocation } = scoresFor(task);
      const host = rule.ties === "name" ? firstBest(score) : anyBest(score, random);
      const chosen = allocation[host];
      return chosen ? { host, allocation: chosen } : null;
    },
  };
}

/** The first host with the highest score; -1 where the task fits none. */
function firstBest(score: Float64Array): number {
  let [best, most] = [-1, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < score.length; i++) {
    const value = score[i] ?? most;
    if (value > most) [best, most] = [i, value];
  }
  return best;
}

/** A random host with the highest score (reservoir sampling); -1 where the task fits none. */
function anyBest(score: Float64Array, random: Random): number {
  let [best, most, equals] = [-1, Number.NEGATIVE_INFINITY, 0];
  for (let i = 0; i < score.length; i++) {
    const value = score[i] ?? most;
    if (value < most || value === Number.NEGATIVE_INFINITY) continue;
    if (value > most) [best, most, equals] = [i, value, 1];
    else if (random.below(++equals) === 0) best = i;
  }
  return best;
}

function refresh(known: TaskScores, i: number, host: HostState, task: Task, rule: ScoreRule): void {
  const { score, withinHost } = rule;
  const allocations = allocationsOn(host, task);
  let [best, bestScore, bestWithin]: [Allocation | null, number, number] = [
    null,
    -Infinity,
    -Infinity,
  ];
  for (const allocation of allocations) {
    const next = hostAfter(host, allocation);
    const value = score(host, next, task);
    const second =
      withinHost === undefined || allocations.length === 1 ? 0 : withinHost(host, next, task);
    if (best !== null && (value < bestScore || (value === bestScore && second <= bestWithin)))
      continue;
    [best, bestScore, bestWithin] = [allocation, value, second];
  }
  known.score[i] = bestScore;
  known.allocation[i] = best;
}
