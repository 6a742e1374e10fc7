import type { Evidence } from "@evenkeel/core/evidence/evidence.ts";
import type { BoundCommand } from "@evenkeel/core/verify/verify-binding.ts";
import type { Clock } from "../../clock/clock.ts";
import { lastingThreads } from "../../evidence/lasting-threads.ts";
import { readEvidence } from "../../evidence/read-evidence.ts";
import { watchLoad, withChildren } from "../../procfs/process-load.ts";
import { processIds } from "../../procfs/process-ids.ts";
import { hasMemory, startOf, userOf } from "../../procfs/process-record.ts";
import { isStartedBy, readBinding } from "../../procfs/read-binding.ts";
import type { Tree } from "../../tree/tree.ts";
import { watchedAs } from "./start-watcher.ts";

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
 * Waits, and reads what became of a command and of all processes that it has started, those among
 * them that have lost their parent. It reads its binding from the beginning on, since programs that
 * change their title write over it. If the command ends before, and all of these, it says so at
 * once.
 */
export async function watchCommand(
  tree: Tree,
  { pid, startTicks, afterMs, host }: Watched,
  clock: Clock,
): Promise<BoundCommand> {
  const until = clock.monotonicMs() + afterMs;
  const command = watchedAs(pid, startTicks);
  let promise = readBinding(tree, pid);
  for (;;) {
    const ended = whyEnded(tree, pid, startTicks);
    if (ended !== null && survivors(tree, command).length === 0) {
      return answer({ why: `${ended} before it was looked at` });
    }
    if (ended === null) promise = readBinding(tree, pid) ?? promise;
    const left = until - clock.monotonicMs();
    if (left <= 0) break;
    await clock.sleep(Math.min(left, ended === null ? everyMs : everyMs * 5));
  }
  const own = whyEnded(tree, pid, startTicks) === null ? [pid] : [];
  const processes = await processesOf(
    tree,
    pid,
    [...own, ...survivors(tree, command)],
    host,
    clock,
  );
  const ended = own.length === 0 ? null : whyEnded(tree, pid, startTicks);
  if (ended !== null) return answer({ why: `${ended} while it was looked at` });
  const why = `process ${pid} ended, and what it had started while it was looked at`;
  return answer(processes.length === 0 ? { why } : processes);

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

/**
 * The processes that were started by a command, whoever is their parent now. Those of other users
 * may have any text in their variables, so they do not count.
 */
function survivors(tree: Tree, command: string): readonly number[] {
  const user = userOf(tree, process.pid);
  return processIds(tree).filter(
    (pid) => isStartedBy(tree, pid, command) && userOf(tree, pid) === user,
  );
}

/**
 * The evidence of some processes, in their order, and of those that they have started.
 *
 * @param pid the command's own, whose evidence counts also where it has ended meanwhile.
 */
async function processesOf(
  tree: Tree,
  pid: number,
  first: readonly number[],
  host: string,
  clock: Clock,
): Promise<readonly Evidence[]> {
  const all = withChildren(new Set(first), watchLoad(tree, clock)());
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
