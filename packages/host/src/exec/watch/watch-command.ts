import type { Evidence } from "@evenkeel/core/evidence/evidence.ts";
import type { BoundCommand } from "@evenkeel/core/verify/verify-binding.ts";
import type { Clock } from "../../clock/clock.ts";
import { lastingThreads } from "../../evidence/lasting-threads.ts";
import { readEvidence } from "../../evidence/read-evidence.ts";
import { watchLoad, withChildren } from "../../procfs/process-load.ts";
import { hasMemory, startOf } from "../../procfs/process-record.ts";
import { readBinding } from "../../procfs/read-binding.ts";
import type { Tree } from "../../tree/tree.ts";

/** A process that becomes a command, and when to look at it. */
export interface Watched {
  readonly pid: number;
  /** When it started, which stays as it is when it becomes the command. */
  readonly startTicks: number;
  readonly afterMs: number;
  readonly host: string;
}

/** The most processes of a command that are looked at. */
const processesMost = 1024;

/** How often it looks whether the command still runs, so that it never outlives it by long. */
const everyMs = 200;

/**
 * Waits, and reads what became of a command and of all processes that it has started. It reads its
 * binding from the beginning on, since programs that change their title write over it. If the
 * command ends before, it says so at once.
 */
export async function watchCommand(
  tree: Tree,
  { pid, startTicks, afterMs, host }: Watched,
  clock: Clock,
): Promise<BoundCommand> {
  const until = clock.monotonicMs() + afterMs;
  let promise = readBinding(tree, pid);
  for (;;) {
    const ended = whyEnded(tree, pid, startTicks);
    if (ended !== null) return answer({ why: `${ended} before it was looked at` });
    promise = readBinding(tree, pid) ?? promise;
    const left = until - clock.monotonicMs();
    if (left <= 0) break;
    await clock.sleep(Math.min(left, everyMs));
  }
  const processes = await processesOf(tree, pid, host, clock);
  const ended = whyEnded(tree, pid, startTicks);
  return answer(ended === null ? processes : { why: `${ended} while it was looked at` });

  function answer(found: BoundCommand["processes"]): BoundCommand {
    return { pid, host, takenAt: clock.now().toISOString(), promise, processes: found };
  }
}

/** Why a process is not there any more; null where it is. */
function whyEnded(tree: Tree, pid: number, startTicks: number): string | null {
  const start = startOf(tree, pid);
  if (start !== null && start !== startTicks) {
    return `process ${pid} ended, and another has its number,`;
  }
  return start === null || hasMemory(tree, pid) === false ? `process ${pid} ended` : null;
}

/** The evidence of a command's process first, then of those that it has started. */
async function processesOf(
  tree: Tree,
  pid: number,
  host: string,
  clock: Clock,
): Promise<readonly Evidence[]> {
  const all = withChildren(new Set([pid]), watchLoad(tree, clock)());
  // Where the command is process 1, whoever has lost its parent is its child.
  all.delete(process.pid);
  const pids = [...all].filter((one) => hasMemory(tree, one) !== false).slice(0, processesMost);
  const lasting = pids.map((one) => ({ one, look: lastingThreads(tree, one, clock) }));
  const evidence: Evidence[] = [];
  for (const { one, look } of lasting) {
    const threadsBefore = await look();
    const read = readEvidence(tree, {
      of: "process",
      name: `process ${one}`,
      host,
      takenAt: clock.now().toISOString(),
      process: { pid: one, arguments: [], identity: { name: null, uuid: null } },
      whyNoProcess: "",
      devices: [],
      vm: null,
      threadsBefore,
      machine: null,
    });
    // One that has ended meanwhile is nobody's any more.
    if (one === pid || hasMemory(tree, one) === true) evidence.push(read);
  }
  return evidence;
}
