import { spawn } from "node:child_process";

/** How a program ended: its status (null if it was killed) and its output. */
export interface ProgramResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly timeoutMs: number;
  /** Its working folder, `/` by default. */
  readonly folder?: string;
}

/** The most that is kept of each stream. */
const maxChars = 32 * 1024 * 1024;

/**
 * Runs a program with an argument list, without a shell, in the C locale, for a bounded time. It
 * gets a process group of its own, so that an interrupt from the terminal does not end a `virsh`
 * halfway: this command has to undo what it did.
 *
 * Use it for programs that change something, or speak for such programs: their status and their
 * words matter even when they fail. For tools whose output is only read, use `runCommand`.
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
