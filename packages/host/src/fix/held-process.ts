import { closeSync, openSync, readFileSync } from "node:fs";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { ProcessEvidence } from "@evenkeel/core/evidence/evidence.ts";
import type { ProcessRecord } from "@evenkeel/core/instance/instance.ts";
import { isRunning, readProcess } from "../procfs/process-record.ts";
import type { Tree } from "../tree/tree.ts";

/**
 * A process that is held while it is changed. An open `/proc/PID` belongs to that process for ever,
 * whoever has its number later: reading through it fails once the process has ended.
 */
export interface HeldProcess extends Disposable {
  readonly record: ProcessRecord;
  /** Whether it is still the process that was opened. */
  readonly isThere: () => boolean;
  /** Whether a thread is one of its threads now. */
  readonly hasThread: (tid: number) => boolean;
}

/** Several processes, held and let go together. */
export interface HeldProcesses extends Disposable {
  readonly held: readonly HeldProcess[];
}

/** Holds a process for each item that has one. Where one cannot be held, none is. */
export function holdAll<Item>(
  items: readonly Item[],
  hold: (item: Item) => HeldProcess | null,
): HeldProcesses {
  const held: HeldProcess[] = [];
  const letGo = (): void => {
    for (const one of held) one[Symbol.dispose]();
  };
  try {
    for (const item of items) {
      const one = hold(item);
      if (one !== null) held.push(one);
    }
  } catch (error) {
    letGo();
    throw error;
  }
  return { held, [Symbol.dispose]: letGo };
}

/**
 * Holds a process of which evidence was read: the one that has its number now, if that started when
 * the evidence says. What does not say it could be of another process.
 *
 * Errors: `process-gone`.
 */
export function holdProcess(
  tree: Tree,
  { pid, startTicks }: Pick<ProcessEvidence, "pid" | "startTicks">,
): HeldProcess {
  const record = readProcess(tree, pid);
  const isSame = record !== null && record.startTicks === startTicks;
  const held = isSame ? holdRecorded(tree, record) : null;
  if (held === null) throw gone(pid);
  return held;
}

/** Holds a process as it was recorded; null where it has ended, or is another one by now. */
export function holdRecorded(tree: Tree, record: ProcessRecord): HeldProcess | null {
  const folder = opened(record.pid);
  if (folder === null || !isRunning(tree, record)) {
    if (folder !== null) closeSync(folder);
    return null;
  }
  const isReadable = (path: string): boolean => {
    try {
      readFileSync(`/proc/self/fd/${folder}/${path}`);
      return true;
    } catch {
      return false;
    }
  };
  return {
    record,
    isThere: () => isReadable("stat") && isRunning(tree, record),
    hasThread: (tid) => isReadable(`task/${tid}/stat`),
    [Symbol.dispose]: () => closeSync(folder),
  };
}

function opened(pid: number): number | null {
  try {
    return openSync(`/proc/${pid}`, "r");
  } catch {
    return null;
  }
}

function gone(pid: number): EvenkeelError {
  return new EvenkeelError("process-gone", `process ${pid} has ended, or is another one by now`, {
    where: `/proc/${pid}`,
    expected: "the process that was looked at",
    remedy: "run doctor again",
  });
}
