import { type Environment, systemEnvironment } from "../machine/child-environment.ts";
import { runProcessGroup } from "../machine/process-group.ts";

/** How a program ended: its status (null if it was killed) and its output. */
export interface ProgramResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Whether it was ended because it did not end within its limit. */
  readonly isLate?: true;
}

export interface ProgramOptions {
  readonly timeoutMs: number;
  /** Its working folder, `/` by default. */
  readonly folder?: string;
  /** The environment to take its own from; that of this process by default. */
  readonly caller?: Environment;
}

/** The most that is kept of each stream. */
const maxBytes = 32 * 1024 * 1024;

/**
 * Runs a program with an argument list, without a shell, in the C locale, for a bounded time. It
 * gets a process group of its own, so that an interrupt from the terminal does not end a `virsh`
 * halfway: this command has to undo what it did. At the limit the whole group is killed.
 *
 * Use it for programs that change something, or speak for such programs: their status and their
 * words matter even when they fail. For tools whose output is only read, use `runCommand`.
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  { timeoutMs, folder = "/", caller = process.env }: ProgramOptions,
): Promise<ProgramResult> {
  const result = await runProcessGroup(program, args, {
    env: systemEnvironment(caller),
    timeoutMs,
    maxBytes,
    folder,
    endsWhenFull: false,
    endsWithCaller: false,
  });
  const { status, stdout, signal, ended, error } = result;
  const isAbsent = error !== null && "code" in error && error.code === "ENOENT";
  const remarks = [
    ...(ended === "late" ? [`it did not end within ${timeoutMs / 1000} s`] : []),
    ...(signal === null ? [] : [`it was ended by ${signal}`]),
    ...(error === null ? [] : [isAbsent ? `there is no ${program} here` : error.message]),
  ];
  const stderr = result.stderr + remarks.map((line) => `${line}\n`).join("");
  return { status, stdout, stderr, ...(ended === "late" ? { isLate: true } : {}) };
}
