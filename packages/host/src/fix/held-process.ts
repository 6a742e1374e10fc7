import { closeSync, openSync, readFileSync } from "node:fs";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
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

/**
 * Opens a process.
 *
 * @param expected the process as it was recorded earlier; null takes the one that is there.
 *
 * Errors: `process-gone`.
 */
export function holdProcess(
  tree: Tree,
  pid: number,
  expected: ProcessRecord | null = null,
): HeldProcess {
  const record = expected ?? readProcess(tree, pid);
  const folder = record === null ? null : opened(pid);
  if (record === null || folder === null || !isRunning(tree, record)) {
    if (folder !== null) closeSync(folder);
    throw gone(pid);
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
