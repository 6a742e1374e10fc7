import { after, type Way, waysOn } from "../fleet/ways.ts";
import type { HostState } from "../fleet/host.ts";
import type { Task } from "../fleet/task.ts";
import type { Placer, Setting } from "./policy.ts";

/** How good a way is: `next` is what it leaves of `host`. The highest is taken. */
export type Score = (host: HostState, next: HostState, task: Task) => number;

export interface ScoreRule {
  readonly score: Score;
  /** Which way of a host is taken among those that score alike; without it the lowest indices. */
  readonly within?: Score;
  /** Among hosts that score alike the smallest name, or any, as the stock kube-scheduler does. */
  readonly ties: "name" | "random";
}

/** What is known of every host for one kind of task. */
interface Known {
  readonly seen: (HostState | undefined)[];
  readonly score: Float64Array;
  readonly way: (Way | null)[];
}

/**
 * A placer that takes the way with the best score in the whole fleet.
 *
 * A host's best way for a kind of task is worked out when that kind first comes, and again only
 * after the host has changed, which its state's identity tells. So a decision costs one look at
 * every host, some nanoseconds each, and the scores of those that changed since the kind came last.
 */
export function byScore({ hosts, random }: Setting, rule: ScoreRule): Placer {
  const known = new Map<Task, Known>();
  return {
    choose: (task) => {
      let scores = known.get(task);
      if (scores === undefined) known.set(task, (scores = emptyScores(hosts.length)));
      let [best, bestScore, equals] = [-1, Number.NEGATIVE_INFINITY, 0];
      for (let i = 0; i < hosts.length; i++) {
        const host = hosts[i];
        if (host === undefined) continue;
        if (scores.seen[i] !== host) refresh(scores, i, host, task, rule);
        const its = scores.score[i] ?? Number.NEGATIVE_INFINITY;
        if (its < bestScore || its === Number.NEGATIVE_INFINITY) continue;
        if (its > bestScore) [best, bestScore, equals] = [i, its, 1];
        // Each of n equal ones is kept with the chance 1/n, whichever comes first.
        else if (rule.ties === "random" && random.below(++equals) === 0) best = i;
      }
      const way = scores.way[best];
      return way ? { host: best, way } : null;
    },
  };
}

function emptyScores(hosts: number): Known {
  return {
    seen: Array.from({ length: hosts }),
    score: new Float64Array(hosts),
    way: Array.from({ length: hosts }),
  };
}

function refresh(known: Known, i: number, host: HostState, task: Task, rule: ScoreRule): void {
  const { score, within } = rule;
  const ways = waysOn(host, task);
  let [best, bestScore, bestWithin]: [Way | null, number, number] = [null, -Infinity, -Infinity];
  for (const way of ways) {
    const next = after(host, way);
    const its = score(host, next, task);
    const second = within === undefined || ways.length === 1 ? 0 : within(host, next, task);
    if (best !== null && (its < bestScore || (its === bestScore && second <= bestWithin))) continue;
    [best, bestScore, bestWithin] = [way, its, second];
  }
  known.seen[i] = host;
  known.score[i] = bestScore;
  known.way[i] = best;
}
