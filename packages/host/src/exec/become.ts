import { readFileSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { inheritedFiles, openFilesHere } from "./inherited-files.ts";
import type { ProcessCalls } from "../native/process-calls.ts";

/** A program, the words it is started with, and its variables: all byte for byte. */
export interface Program {
  readonly path: string;
  readonly words: readonly Uint8Array[];
  readonly variables: readonly Uint8Array[];
}

const ENOENT = 2;
const ENOEXEC = 8;

/**
 * Becomes a program: same process, terminal, parent and open files. What Node changed in this
 * process when it started is taken back: ignored signals, the raised limit of open files, files
 * that would close, and standard files that no longer wait.
 *
 * Returns only where that fails, with the error number.
 *
 * @param leases open files that the program is to keep.
 */
export function become(
  { path, words, variables }: Program,
  leases: readonly number[],
  calls: ProcessCalls,
): number {
  calls.restoreSignals();
  const limit = parentsFileLimit();
  if (limit !== null) calls.limitOpenFiles(limit);
  for (const file of [...inheritedFiles(openFilesHere()), ...leases]) calls.keepOpen(file);
  for (const file of [0, 1, 2]) calls.makeBlocking(file);
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
 * The soft limit of open files of the process that started this one. Node has raised its own to the
 * hard limit, which some programs count up to when they start. Null where it cannot be read.
 */
export function parentsFileLimit(): number | null {
  try {
    const text = readFileSync(`/proc/${process.ppid}/limits`, "utf8");
    const soft = /^Max open files\s+(\d+)\s/m.exec(text)?.[1];
    return soft === undefined ? null : Number(soft);
  } catch {
    return null;
  }
}

/** The status that a shell ends with where a program cannot be run. */
export function statusOfFailure(error: number): 126 | 127 {
  return error === ENOENT ? 127 : 126;
}
