import { parentPort, workerData } from "node:worker_threads";
import { count } from "@evenkeel/core/unit/tally.ts";
import { attemptAt, outcomeOf } from "./attempts.ts";
import type { Target } from "./target.ts";

/** A worker's task. */
export interface Task {
  /** The module that exports `targets`, by its URL. */
  readonly module: string;
  readonly target: string;
  readonly seed: number;
  readonly from: number;
  readonly to: number;
  /** The number of the current run, for the thread that may have to end the worker. */
  readonly progress: Int32Array;
}

/** A worker's messages: each fault at once, and at the end the counts of results. */
export type Report =
  | { readonly fault: string; readonly run: number; readonly cpuMs: number }
  | { readonly results: ReadonlyMap<string, number>; readonly slowestMs: number };

async function work({ module, target: name, seed, from, to, progress }: Task): Promise<void> {
  const { targets }: { readonly targets: readonly Target[] } = await import(module);
  const target = targets.find((candidate) => candidate.name === name);
  if (target === undefined) throw new Error(`there is no reader ${name}`);
  const attempt = await target.prepare();
  const results = new Map<string, number>();
  let slowestMs = 0;
  for (let run = from; run < to; run++) {
    Atomics.store(progress, 0, run);
    const { result, cpuMs, fault } = await outcomeOf(attemptAt(attempt, name, seed, run));
    count(results, result);
    slowestMs = Math.max(slowestMs, cpuMs);
    if (fault !== null) report({ fault, run, cpuMs });
  }
  report({ results, slowestMs });
}

function report(what: Report): void {
  // Threads have no origin; the rule takes this for a message between windows.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  parentPort?.postMessage(what);
}

await work(workerData);
