import { spawn } from "node:child_process";

/** What became of a program: its status, null where it was ended, and what it said. */
export interface ProgramResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly timeoutMs: number;
  /** The folder it runs in, `/` by default. */
  readonly folder?: string;
}

/** More than this of either stream is not kept. */
const maxChars = 32 * 1024 * 1024;

/**
 * Runs a program with an argument list, never through a shell, in the C locale, for a bounded time. It
 * is in a process group of its own: what interrupts this command from a terminal must not end a
 * `virsh` in the middle, since it is this command that undoes what was done.
 *
 * It is for programs that change something, or speak for what does: their status and their words
 * count even where they fail. Tools that are only read go with this command: see `runCommand`.
 */
export function runProgram(
  program: string,
  args: readonly string[],
  { timeoutMs, folder = "/" }: ProgramOptions,
): Promise<ProgramResult> {
  return new Promise((resolve) => {
    const path = `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`;
    const child = spawn(program, args, {
      cwd: folder,
      env: { ...process.env, PATH: path, LC_ALL: "C", LANG: "C" },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    const said = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (chunk: string) => {
        if (said[name].length < maxChars) said[name] += chunk;
      });
    }
    const late = setTimeout(() => {
      said.stderr += `it did not end within ${timeoutMs / 1000} s\n`;
      child.kill("SIGKILL");
    }, timeoutMs);
    const end = (status: number | null): void => {
      clearTimeout(late);
      resolve({ status, ...said });
    };
    child.once("error", (error) => {
      const isAbsent = "code" in error && error.code === "ENOENT";
      said.stderr += isAbsent ? `there is no ${program} here\n` : `${error.message}\n`;
      end(null);
    });
    child.once("close", (status, signal) => {
      if (signal !== null) said.stderr += `it was ended by ${signal}\n`;
      end(status);
    });
  });
}
