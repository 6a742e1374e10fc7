import { after, type Way, waysOn } from "../fleet/allocations.ts";
import type { HostState } from "../fleet/host.ts";
import type { Task } from "../fleet/task.ts";
import type { Random } from "../random.ts";
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
  readonly score: Float64Array;
  readonly way: (Way | null)[];
  /** How much of the list of changes it knows. */
  upTo: number;
}

/**
 * A placer that takes the way with the best score in the whole fleet.
 *
 * A host's best way for a kind of task is worked out when that kind first comes, and again only
 * after the host has changed. What has changed is found by the identity of states, and kept in a
 * list that every kind works off when it comes again. So a decision costs one look at every host, a
 * few nanoseconds each, and the scores of those that changed since the kind came last.
 */
export function byScore({ hosts, random }: Setting, rule: ScoreRule): Placer {
  const known = new Map<Task, Known>();
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
  const scoresFor = (task: Task): Known => {
    let scores = known.get(task);
    if (scores === undefined) {
      scores = { score: new Float64Array(hosts.length), way: [], upTo: 0 };
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
      const { score, way } = scoresFor(task);
      const host = rule.ties === "name" ? firstBest(score) : anyBest(score, random);
      const chosen = way[host];
      return chosen ? { host, way: chosen } : null;
    },
  };
}

/** The first of the hosts with the best score; -1 where none fits. */
function firstBest(score: Float64Array): number {
  let [best, most] = [-1, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < score.length; i++) {
    const its = score[i] ?? most;
    if (its > most) [best, most] = [i, its];
  }
  return best;
}

/** Any of the hosts with the best score: each of n equal ones is kept with the chance 1/n. */
function anyBest(score: Float64Array, random: Random): number {
  let [best, most, equals] = [-1, Number.NEGATIVE_INFINITY, 0];
  for (let i = 0; i < score.length; i++) {
    const its = score[i] ?? most;
    if (its < most || its === Number.NEGATIVE_INFINITY) continue;
    if (its > most) [best, most, equals] = [i, its, 1];
    else if (random.below(++equals) === 0) best = i;
  }
  return best;
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
  known.score[i] = bestScore;
  known.way[i] = best;
}
