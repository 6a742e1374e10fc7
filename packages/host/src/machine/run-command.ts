import { execFile } from "node:child_process";

/** The result of a command: its standard output, or why there is none. */
export type CommandResult =
  | { readonly kind: "ran"; readonly stdout: string }
  | { readonly kind: "absent" }
  | { readonly kind: "failed"; readonly why: string };

export interface CommandLimits {
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/** Tools answer in a second or two; a hanging driver must not block the reading. */
const usualLimits: CommandLimits = { timeoutMs: 15_000, maxBytes: 8 * 1024 * 1024 };

/**
 * Runs a program with an argument list, never through a shell. It runs in the C locale, which the
 * readers expect, and is killed when it exceeds its time or output limit.
 *
 * It is for tools that only print and may be killed at any moment: an interrupt from the terminal
 * ends them too, and an incomplete output is discarded. Programs that change the machine need
 * `runProgram`.
 *
 * @param path where to look for the program, as in `PATH`.
 */
export function runCommand(
  program: string,
  args: readonly string[],
  path: string = process.env["PATH"] ?? "",
  limits: CommandLimits = usualLimits,
): Promise<CommandResult> {
  const env = { ...process.env, PATH: path, LC_ALL: "C", LANG: "C" };
  const options = {
    env,
    encoding: "utf8",
    timeout: limits.timeoutMs,
    maxBuffer: limits.maxBytes,
    killSignal: "SIGKILL",
    windowsHide: true,
  } as const;
  return new Promise((resolve) => {
    execFile(program, [...args], options, (error, stdout, stderr) => {
      if (error === null) resolve({ kind: "ran", stdout });
      else if (error.code === "ENOENT") resolve({ kind: "absent" });
      else resolve({ kind: "failed", why: whyFailed(error, stderr, limits) });
    });
  });
}

function whyFailed(
  error: { readonly code?: unknown; readonly killed?: boolean | undefined },
  stderr: string,
  { timeoutMs, maxBytes }: CommandLimits,
): string {
  if (error.code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER") return `printed over ${maxBytes} bytes`;
  if (error.killed === true) return `did not end within ${timeoutMs / 1000} s`;
  const [line = ""] = stderr.trim().split("\n");
  return `exit status ${String(error.code)}${line === "" ? "" : `: ${line.slice(0, 200)}`}`;
}
