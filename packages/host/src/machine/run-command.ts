import { shorten } from "@evenkeel/core/text/shorten.ts";
import { childEnvironment, type Environment } from "./child-environment.ts";
import { type GroupResult, runProcessGroup } from "./process-group.ts";

/** The result of a command: its standard output, or why there is none. */
export type CommandResult =
  | { readonly kind: "ran"; readonly stdout: string }
  | { readonly kind: "absent" }
  | { readonly kind: "failed"; readonly why: string };

export interface CommandLimits {
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/** Tools answer in a second or two. A driver that hangs must not block the reading. */
const usualLimits: CommandLimits = { timeoutMs: 15_000, maxBytes: 8 * 1024 * 1024 };

/**
 * Runs a program with an argument list, without a shell, in the C locale, which readers expect. It
 * is ended, with every process that it started, when it takes too long or prints too much.
 *
 * Use it for tools whose output is read and that may be ended at any moment: an interrupt from the
 * terminal ends them too. To change the machine, use `runProgram`.
 *
 * @param path where to look for the program, as in `PATH`.
 * @param caller the environment to take the program's own from.
 */
export async function runCommand(
  program: string,
  args: readonly string[],
  path: string = process.env["PATH"] ?? "",
  limits: CommandLimits = usualLimits,
  caller: Environment = process.env,
): Promise<CommandResult> {
  const env = childEnvironment({ ...caller, PATH: path });
  const ends = { endsWhenFull: true, endsWithCaller: true };
  const result = await runProcessGroup(program, args, { ...limits, env, ...ends });
  const { status, ended, error } = result;
  if (status === 0 && ended === null) return { kind: "ran", stdout: result.stdout };
  // EACCES: a folder of PATH may not be searched, and none of the others has the program.
  const code = error !== null && "code" in error ? error.code : null;
  if (code === "ENOENT" || code === "EACCES") return { kind: "absent" };
  return { kind: "failed", why: whyFailed(result, limits) };
}

function whyFailed(
  { status, signal, stderr, ended, error }: GroupResult,
  { timeoutMs, maxBytes }: CommandLimits,
): string {
  if (ended === "full") return `printed over ${maxBytes} bytes`;
  if (ended === "late") return `did not end within ${timeoutMs / 1000} s`;
  if (error !== null) return error.message;
  if (signal !== null) return `ended by ${signal}`;
  const [line = ""] = stderr.trim().split("\n");
  return `exit status ${String(status)}${line === "" ? "" : `: ${shorten(line, 200)}`}`;
}
