import { readFileSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { SIGHUP } from "./hangup.ts";
import type { GivenFiles } from "./inherited-files.ts";
import type { ProcessCalls } from "../native/process-calls.ts";

/** A program, the words it is started with, and its variables: these byte for byte. */
export interface Program {
  readonly path: string;
  readonly words: readonly Uint8Array[];
  readonly variables: readonly Uint8Array[];
  readonly ignoresHangup: boolean;
}

const ENOENT = 2;
const ENOEXEC = 8;

/**
 * Becomes a program: same process, terminal, parent and open files. What Node changed in this
 * process when it started is taken back: ignored signals, the raised limit of open files, files
 * that would close, and whether standard files wait.
 *
 * Returns only where that fails, with the error number.
 *
 * @param files open files that the program is to keep.
 */
export function become(
  { path, words, variables, ignoresHangup }: Program,
  { files, unwaiting }: GivenFiles,
  calls: ProcessCalls,
): number {
  restoreSignals();
  if (ignoresHangup) calls.ignore(SIGHUP);
  const limit = softFileLimit();
  if (limit !== null) calls.limitOpenFiles(limit);
  for (const file of files) calls.keepOpen(file);
  for (const file of [0, 1, 2]) calls.setWaiting(file, !unwaiting.includes(file));
  // Node would do that when it ends, which it does not.
  flushCompileCache();
  const file = Buffer.from(path);
  const failed = calls.become(file, words, variables);
  if (failed !== ENOEXEC) return failed;
  // A script without a first line that names its interpreter, as execvp(3) runs it.
  const [, ...rest] = words;
  return calls.become(shell, [shell, file, ...rest], variables);
}

const shell = Buffer.from("/bin/sh");

/**
 * Lets SIGPIPE and SIGXFSZ end the program. Node ignores them, but once a handler has come and gone
 * they do what they would without Node.
 */
export function restoreSignals(): void {
  for (const signal of ["SIGPIPE", "SIGXFSZ"] as const) {
    const none = (): void => {};
    process.on(signal, none);
    process.removeListener(signal, none);
  }
}

/**
 * The soft limit of open files that this process was started with. Node has raised its own to the
 * hard limit, which some programs count up to when they start; its parent's tells what it was, if
 * the hard limit is its parent's too. Otherwise somebody has set limits for this process alone, as
 * service managers do, mostly both to one number: then, and where it cannot be read, null.
 */
export function softFileLimit(): number | null {
  const [own, parents] = [fileLimits("self"), fileLimits(`${process.ppid}`)];
  return own !== null && own.hard === parents?.hard ? parents.soft : null;
}

function fileLimits(pid: string): { readonly soft: number; readonly hard: string } | null {
  try {
    const text = readFileSync(`/proc/${pid}/limits`, "utf8");
    const [, soft, hard = ""] = /^Max open files\s+(\d+)\s+(\S+)/m.exec(text) ?? [];
    return soft === undefined ? null : { soft: Number(soft), hard };
  } catch {
    return null;
  }
}

/** The status that a shell ends with where a program cannot be run. */
export function statusOfFailure(error: number): 126 | 127 {
  return error === ENOENT ? 127 : 126;
}
