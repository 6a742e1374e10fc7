import { Worker } from "node:worker_threads";
import { count } from "@evenkeel/core/unit/tally.ts";
import type { Report, Task } from "./worker.ts";

/** The results of fuzzing a reader. */
export interface Findings {
  readonly runs: number;
  readonly results: ReadonlyMap<string, number>;
  readonly slowestMs: number;
  readonly faults: readonly Fault[];
}

export interface Fault {
  readonly run: number;
  readonly what: string;
}

/** The most different faults of one call; these should be fixed first. */
const faultsMax = 12;

export interface RunOptions {
  readonly seed: number;
  readonly runs: number;
  readonly onProgress?: (run: number) => void;
  /** A run that takes longer hangs, whatever the machine's load. */
  readonly hangMs?: number;
  /** The memory that a reader may take for one input; the thread itself needs little. */
  readonly heapMegabytes?: number;
  /** The module with the targets. */
  readonly module?: string;
}

/**
 * Runs a reader with mutated inputs in a thread whose memory is limited. A run that hangs or
 * exceeds the memory ends the thread and is recorded, and the next runs continue in a new thread.
 */
export async function runTarget(target: string, options: RunOptions): Promise<Findings> {
  const { seed, runs, onProgress = () => {}, hangMs = 30_000, heapMegabytes = 512 } = options;
  const module = options.module ?? new URL("targets.ts", import.meta.url).href;
  const results = new Map<string, number>();
  const faults: Fault[] = [];
  let slowestMs = 0;
  let from = 0;
  while (from < runs && faults.length < faultsMax) {
    // In pieces, so that a piece's counts are kept if the next one ends early.
    const to = Math.min(runs, from + 10_000);
    const progress = new Int32Array(new SharedArrayBuffer(4));
    progress[0] = from;
    const ended = await runPiece(
      { module, target, seed, from, to, progress },
      (report) => {
        if ("fault" in report) {
          const known = faults.some(({ what }) => kindOf(what) === kindOf(report.fault));
          if (!known) faults.push({ run: report.run, what: report.fault });
          return;
        }
        for (const [result, times] of report.results) count(results, result, times);
        slowestMs = Math.max(slowestMs, report.slowestMs);
      },
      onProgress,
      { hangMs, heapMegabytes },
    );
    const reached = Atomics.load(progress, 0);
    if (ended !== null) faults.push({ run: reached, what: ended });
    from = ended === null ? to : reached + 1;
    onProgress(from);
  }
  return { runs: from, results, slowestMs, faults };
}

/** Identifies a fault by its place, or else its first line, which many inputs have in common. */
function kindOf(fault: string): string {
  const [message = "", place = ""] = fault.split("\n");
  return place === "" ? message.replaceAll(/[\d"'].*/g, "") : place;
}

/** Null if the thread finished its work; otherwise the reason why it ended. */
function runPiece(
  task: Task,
  onReport: (report: Report) => void,
  onProgress: (run: number) => void,
  { hangMs, heapMegabytes }: Required<Pick<RunOptions, "hangMs" | "heapMegabytes">>,
): Promise<string | null> {
  const worker = new Worker(new URL("worker.ts", import.meta.url), {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: heapMegabytes },
  });
  return new Promise((resolve) => {
    let [last, since] = [-1, performance.now()];
    let ended: string | null = null;
    const timer = setInterval(() => {
      const now = Atomics.load(task.progress, 0);
      if (now !== last) [last, since] = [now, performance.now()];
      onProgress(now);
      if (performance.now() - since < hangMs) return;
      ended = `hangs: no answer within ${hangMs / 1000} s`;
      void worker.terminate();
    }, 500);
    worker.on("message", onReport);
    worker.on("error", (error: unknown) => {
      ended = error instanceof Error ? (error.stack ?? error.message) : String(error);
    });
    worker.on("exit", () => {
      clearInterval(timer);
      resolve(ended);
    });
  });
}
